import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type EmulatedClient, type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';

let emulator: EntraEmulator;
before(async () => {
  emulator = await startEntraEmulator({
    apis: [{ name: 'orders', identifierUris: ['api://orders'] }],
    apps: [{ name: 'desk' }],
  });
});
after(() => emulator.close());

const CLIENTS: readonly EmulatedClient[] = [
  'grpc-entra',
  'msal-node',
  'azure-identity',
  'python-msal',
  'environment',
];
const request = { app: 'desk', api: 'orders', caFile: "/run/o'ca.pem" };

describe('E8 settings of clients', () => {
  for (const client of CLIENTS) {
    it(`for ${client} name the emulator, and no secret`, () => {
      const text = emulator.clientSettings(client, request);
      assert.ok(text.includes(new URL(emulator.origin).host));
      assert.ok(text.includes(emulator.app('desk').clientId));
      assert.ok(text.includes('AZURE_CLIENT_SECRET'));
      assert.ok(!text.includes(emulator.app('desk').clientSecret.reveal()));
    });
  }

  it('quote what they are given', () => {
    const shell = emulator.clientSettings('environment', request);
    assert.ok(shell.includes(`NODE_EXTRA_CA_CERTS='/run/o'\\''ca.pem'`));
  });

  it('explain what they do not know', () => {
    assert.throws(() => emulator.clientSettings('msal' as EmulatedClient, request), {
      code: 'ERR_OPTION_INVALID',
    });
    assert.throws(() => emulator.clientSettings('msal-node', { ...request, app: 'none' }), {
      code: 'ERR_OPTION_INVALID',
    });
  });
});
