// gRPC's interoperability test server, behind the gate.
//
//   npm run interop:server -- --port N --cert FILE --key FILE [--public]
//
// Prints one line of JSON when it is ready: { address, token }. The token admits to every method, and comes from an
// emulator in this process; with --public none is needed. Ends with SIGTERM.
import { parseArgs } from 'node:util';
import { startEntraEmulator } from 'grpc-entra/emulator';
import { createServer } from 'grpc-entra/server';
import { ROLE, testServices } from './test-service.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    cert: { type: 'string' },
    key: { type: 'string' },
    public: { type: 'boolean', default: false },
  },
});
if (values.cert === undefined || values.key === undefined) {
  console.error(
    'error: --cert FILE and --key FILE are needed: PEM, for the name clients connect to',
  );
  console.error('hint: npm run certs makes some');
  process.exit(2);
}

const API = 'api://interop';
const emulator = await startEntraEmulator({
  apis: [{ name: 'interop', identifierUris: [API], appRoles: [ROLE] }],
  apps: [{ name: 'client', appRoles: { [API]: [ROLE] } }],
  tokenLifetimeSeconds: 86_400,
});
const server = await createServer({
  entra: {
    tenantId: emulator.tenantId,
    clientId: emulator.api('interop').clientId,
    authority: emulator.authority,
  },
  tls: { certFile: values.cert, keyFile: values.key, clientCertificates: 'none' },
  services: testServices(values.public),
});
const address = await server.listen(`127.0.0.1:${values.port}`);
await server.ready();
const token = await emulator.issueToken({ kind: 'app', api: 'interop', app: 'client' });
process.stdout.write(`${JSON.stringify({ address, token })}\n`);
process.once('SIGTERM', () => {
  void server.close({ graceMs: 0 }).then(() => emulator.close());
});
