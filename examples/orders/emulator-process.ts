import { startEntraEmulator } from 'grpc-entra/emulator';
import { onRequest, runChild, stopWith, tell } from './child.ts';

const API = 'api://orders';
const APPS = [
  { name: 'order-desk', appRoles: { [API]: ['Orders.Read', 'Orders.Write'] } },
  { name: 'newsletter', appRoles: {} },
];

/** The emulated tenant: the API "orders", an application that may use it, and one that may not. */
async function main(): Promise<void> {
  const emulator = await startEntraEmulator({
    apis: [
      {
        name: 'orders',
        identifierUris: [API],
        appRoles: ['Orders.Read', 'Orders.Write'],
        scopes: ['Orders.Read', 'Orders.Approve'],
      },
    ],
    apps: APPS,
  });
  const api = emulator.api('orders');
  onRequest(({ id, options }) => {
    emulator.issueToken(options).then(
      (token) => tell({ kind: 'minted', id, token }),
      (error: unknown) => tell({ kind: 'failed', message: String(error) }),
    );
  });
  stopWith(() => emulator.close());
  tell({
    kind: 'emulator-ready',
    origin: emulator.origin,
    tenantId: emulator.tenantId,
    ca: emulator.ca,
    apiClientId: api.clientId,
    scope: api.scope,
    apps: APPS.map(({ name, appRoles }) => {
      const { clientId, clientSecret } = emulator.app(name);
      return { name, clientId, clientSecret: clientSecret.reveal(), roles: appRoles[API] ?? [] };
    }),
  });
}

runChild(main);
