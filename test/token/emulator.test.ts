import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import { createTokenValidator, type TokenValidatorOptions } from 'grpc-entra/token';
import { TokenError } from '#src/core/errors.ts';

function emulated(accessTokenVersion: 1 | 2): Promise<EntraEmulator> {
  return startEntraEmulator({
    apis: [
      {
        name: 'orders',
        identifierUris: ['api://orders'],
        appRoles: ['Orders.Read'],
        accessTokenVersion,
      },
    ],
    apps: [{ name: 'desk', appRoles: { 'api://orders': ['Orders.Read'] } }],
  });
}

function optionsFor(emulator: EntraEmulator): TokenValidatorOptions {
  return {
    tenantId: emulator.tenantId,
    clientId: emulator.api('orders').clientId,
    authority: emulator.authority,
  };
}

describe('tokens of the emulator, over HTTPS', () => {
  it('says who calls with a v2.0 token', async () => {
    await using emulator = await emulated(2);
    const validator = createTokenValidator(optionsFor(emulator));
    try {
      await validator.ready();
      const token = await emulator.issueToken({
        kind: 'app',
        api: 'orders',
        app: 'desk',
        roles: ['Orders.Read'],
      });
      const caller = validator.check(token);
      assert.ok(!(caller instanceof Promise), 'keys are at hand');
      assert.equal(caller.kind, 'app');
      assert.equal(caller.clientId, emulator.app('desk').clientId);
      assert.deepEqual(caller.roles, ['Orders.Read']);
      assert.equal(validator.check(token), caller, 'remembered');
    } finally {
      validator.close();
    }
  });

  it('loads keys at the first token and accepts v1.0 tokens by opt-in', async () => {
    await using emulator = await emulated(1);
    const validator = createTokenValidator({
      ...optionsFor(emulator),
      tokenVersions: ['1.0', '2.0'],
      v1Audiences: ['api://orders'],
    });
    try {
      const token = await emulator.issueToken({
        kind: 'app',
        api: 'orders',
        app: 'desk',
        roles: ['Orders.Read'],
      });
      const caller = await validator.validate(token);
      assert.equal(caller.tokenVersion, '1.0');
      assert.deepEqual(caller.roles, ['Orders.Read']);
    } finally {
      validator.close();
    }
  });

  it('refuses a token signed by a key that is not published', async () => {
    await using emulator = await emulated(2);
    const validator = createTokenValidator(optionsFor(emulator));
    try {
      const token = await emulator.issueToken({
        kind: 'app',
        api: 'orders',
        app: 'desk',
        signingKey: 'forged',
      });
      await assert.rejects(validator.validate(token), (error) => {
        assert.ok(error instanceof TokenError);
        assert.equal(error.reason, 'signature_invalid');
        return true;
      });
    } finally {
      validator.close();
    }
  });
});
