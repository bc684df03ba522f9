import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { AuthorizationError, ConfigError, TokenError } from '#src/core/errors.ts';
import type { RevocationCheck } from '#src/token/policy.ts';
import { accepts, type TokenWorld, tokenWorld, verdict } from '../support/token-world.ts';
import { type Claims, mint, NOW, TENANT, USER_CLAIMS } from '../support/tokens.ts';

const user = (claims: Claims = {}): string => mint({ base: USER_CLAIMS, claims });

/** Parameters of a challenge. */
function parameters(challenge: string | undefined): Readonly<Record<string, string>> {
  assert.match(challenge ?? '', /^Bearer ([a-z_]+="[\x21\x23-\x7e]*"(, |$))+$/);
  const pairs = [...(challenge ?? '').matchAll(/([a-z_]+)="([^"]*)"/g)];
  const names = pairs.map(([, name]) => name);
  assert.deepEqual(names, [...new Set(names)], 'a parameter stands twice');
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]));
}

const requested = (claims: string | undefined): unknown =>
  JSON.parse(Buffer.from(claims ?? '', 'base64').toString());

async function requiring(world: TokenWorld, token: string, context = 'c1'): Promise<unknown> {
  const caller = await accepts(world, token);
  try {
    world.validator.requireAuthContext(caller, context);
    return 'allowed';
  } catch (error) {
    return error;
  }
}

describe('an authentication context', () => {
  it('X1 is satisfied by a token that names it, in an array or alone', async () => {
    for (const acrs of [['c1'], ['c2', 'c1'], 'c1']) {
      assert.equal(await requiring(tokenWorld(), user({ acrs })), 'allowed');
    }
  });

  it('X1 is asked for in a challenge where the client can answer it', async () => {
    for (const xms_cc of [['cp1'], ['CP1'], ['x', 'cp1'], 'cp1']) {
      const error = await requiring(tokenWorld(), user({ xms_cc, acrs: ['c2', 'c10'] }));
      assert.ok(error instanceof TokenError);
      assert.deepEqual([error.reason, error.code], ['auth_context_required', 'ERR_TOKEN_INVALID']);
      const { error: name, claims } = parameters(error.challenge);
      assert.equal(name, 'insufficient_claims');
      assert.deepEqual(requested(claims), {
        access_token: { acrs: { essential: true, value: 'c1' } },
      });
    }
  });

  it('X2 denies a client that cannot answer a challenge', async () => {
    for (const xms_cc of [undefined, [], ['cp2'], 7, { 0: 'cp1' }]) {
      const error = await requiring(tokenWorld(), user({ xms_cc }));
      assert.ok(error instanceof AuthorizationError);
      assert.equal(error.reason, 'auth_context_missing');
    }
  });

  it('X3 denies an application, whatever its token claims', async () => {
    const error = await requiring(
      tokenWorld(),
      mint({ claims: { acrs: ['c1'], xms_cc: ['cp1'] } }),
    );
    assert.ok(error instanceof AuthorizationError);
    assert.equal(error.reason, 'auth_context_missing');
  });

  it('X5 names the tenant in realm and address, or the address for all and no realm', async () => {
    const needing = user({ xms_cc: ['cp1'] });
    const one = await requiring(tokenWorld(), needing);
    const any = await requiring(tokenWorld({ tenantId: { allowedTenants: [TENANT] } }), needing);
    assert.ok(one instanceof TokenError && any instanceof TokenError);
    const host = 'https://login.microsoftonline.com';
    assert.equal(parameters(one.challenge)['realm'], TENANT);
    assert.equal(
      parameters(one.challenge)['authorization_uri'],
      `${host}/${TENANT}/oauth2/v2.0/authorize`,
    );
    assert.equal(parameters(any.challenge)['realm'], '');
    assert.equal(
      parameters(any.challenge)['authorization_uri'],
      `${host}/common/oauth2/v2.0/authorize`,
    );
  });

  it('X6 stays within 2 KiB, and refuses what is no id of a context', async () => {
    const error = await requiring(tokenWorld(), user({ xms_cc: ['cp1'] }), 'c99');
    assert.ok(error instanceof TokenError);
    assert.ok(Number(error.challenge?.length) < 2048);
    const wrongs: readonly unknown[] = ['', 'c0', 'C1', 'c100', 'c1"', 'urn:x', ['c1'], null];
    for (const context of wrongs) {
      const wrong = await requiring(tokenWorld(), user(), context as string);
      assert.ok(wrong instanceof ConfigError);
      assert.equal(wrong.code, 'ERR_OPTION_INVALID');
    }
  });
});

const revoking = (isRevoked: RevocationCheck): TokenWorld => tokenWorld({ isRevoked });

describe('revocation', () => {
  it('X4 is asked at every call, and tells the caller and when the token was issued', async () => {
    const asked: number[] = [];
    let revoked = false;
    const world = revoking(({ issuedAt }) => {
      asked.push(issuedAt);
      return revoked;
    });
    const token = mint();
    await accepts(world, token);
    await accepts(world, token);
    revoked = true;
    assert.equal(await verdict(world, token), 'token_revoked');
    revoked = false;
    await accepts(world, token);
    assert.deepEqual(asked, Array(4).fill(NOW - 300));
  });

  it('X4 asks a capable client for a token issued later, and others for nothing', async () => {
    const { validator } = revoking(() => true);
    await assert.rejects(validator.validate(user({ xms_cc: ['cp1'] })), (error) => {
      assert.ok(error instanceof TokenError);
      const { claims } = parameters(error.challenge);
      assert.deepEqual(requested(claims), {
        access_token: { nbf: { essential: true, value: String(NOW) } },
      });
      return true;
    });
    await assert.rejects(validator.validate(user()), { challenge: undefined });
  });

  it('X4 refuses when the check fails, or answers with something else than yes or no', async () => {
    const failing: readonly RevocationCheck[] = [
      () => {
        throw new Error('the list is gone');
      },
      () => undefined as unknown as boolean,
      () => Promise.resolve(false) as unknown as boolean,
      () => 0 as unknown as boolean,
    ];
    for (const isRevoked of failing) {
      assert.equal(await verdict(revoking(isRevoked), mint()), 'internal_error');
    }
    await accepts(
      revoking(() => false),
      mint(),
    );
  });

  it('X4 is not asked about tokens that do not hold', async () => {
    let asked = 0;
    const world = revoking(() => {
      asked++;
      return false;
    });
    assert.equal(await verdict(world, mint({ claims: { exp: NOW - 60 } })), 'expired');
    assert.equal(asked, 0);
  });
});
