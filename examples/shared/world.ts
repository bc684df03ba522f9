// What every example needs and none is about: certificates, an Entra on this machine, and clients that call in all four ways.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import type { ServerTlsOptions } from 'grpc-entra/server';
import { createDevelopmentCertificates } from 'grpc-entra/tls';

/** Certificates and an Entra on this machine. */
export interface World extends AsyncDisposable {
  readonly emulator: EntraEmulator;
  readonly ca: string;
  readonly tls: ServerTlsOptions;
  /** For servers: whose tokens they accept. */
  entraOf(api: string): {
    readonly tenantId: string;
    readonly clientId: string;
    readonly authority: EntraEmulator['authority'];
  };
}

/** Makes certificates and starts an Entra. */
export async function startWorld(): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'grpc-entra-example-'));
  const [files, emulator] = await Promise.all([
    createDevelopmentCertificates({ directory }),
    startEntraEmulator({
      apis: [
        {
          name: 'orders',
          identifierUris: ['api://orders'],
          appRoles: ['Orders.Read', 'Orders.Write'],
          scopes: ['Orders.Read'],
        },
        { name: 'stock', identifierUris: ['api://stock'], scopes: ['Stock.Read'] },
      ],
      apps: [
        { name: 'desk', appRoles: { 'api://orders': ['Orders.Read', 'Orders.Write'] } },
        { name: 'visitor' },
        { name: 'portal', delegatedScopes: { 'api://orders': ['Orders.Read'] } },
        { name: 'orders', api: 'orders', delegatedScopes: { 'api://stock': ['Stock.Read'] } },
      ],
      users: [{ name: 'Ada Lovelace' }],
    }),
  ]);
  return {
    emulator,
    ca: readFileSync(files.caFile, 'utf8'),
    tls: {
      certFile: files.serverCertFile,
      keyFile: files.serverKeyFile,
      clientCertificates: 'none',
    },
    entraOf: (api) => ({
      tenantId: emulator.tenantId,
      clientId: emulator.api(api).clientId,
      authority: emulator.authority,
    }),
    [Symbol.asyncDispose]: async () => {
      await emulator.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
