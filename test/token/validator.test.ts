import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { TokenError } from '#src/core/errors.ts';
import { BOTH_VERSIONS } from '../attacks/attack.ts';
import { accepts, refuses, tokenWorld } from '../support/token-world.ts';
import {
  API_ID,
  APP_CLAIMS,
  CLIENT_ID,
  type Claims,
  ISSUER,
  ISSUER_V1,
  mint,
  NOW,
  OBJECT_ID,
  TENANT,
  testKey,
  USER_CLAIMS,
  V1_CLAIMS,
  without,
} from '../support/tokens.ts';

describe('who calls', () => {
  it('C10 is an application by issuer, tenant and object id', async () => {
    assert.deepEqual(await accepts(tokenWorld(), mint()), {
      kind: 'app',
      kindEvidence: 'declared',
      issuer: ISSUER,
      tenantId: TENANT,
      objectId: OBJECT_ID,
      clientId: CLIENT_ID,
      clientAuthentication: 'secret',
      roles: ['Orders.Read', 'Orders.Write'],
      tokenId: APP_CLAIMS['uti'],
      expiresAt: NOW + 3600,
      issuedAt: NOW - 300,
      groups: { ids: [], complete: true },
      agent: false,
      authContexts: [],
      answersChallenges: false,
      certificateThumbprint: undefined,
      tokenVersion: '2.0',
    });
  });

  it('C10 is a user, with names that are for display only', async () => {
    assert.deepEqual(await accepts(tokenWorld(), mint({ base: USER_CLAIMS })), {
      kind: 'user',
      kindEvidence: 'declared',
      issuer: ISSUER,
      tenantId: TENANT,
      objectId: OBJECT_ID,
      clientId: CLIENT_ID,
      clientAuthentication: 'none',
      roles: ['Approver'],
      scopes: ['Orders.Read', 'Orders.Write'],
      guest: false,
      tokenId: APP_CLAIMS['uti'],
      expiresAt: NOW + 3600,
      issuedAt: NOW - 300,
      groups: { ids: [], complete: true },
      agent: false,
      authContexts: [],
      answersChallenges: false,
      certificateThumbprint: undefined,
      tokenVersion: '2.0',
      display: {
        name: 'Adele Vance',
        username: 'adele@contoso.example',
        email: 'adele@contoso.example',
      },
    });
  });

  it('I3 is read from the claims of v1.0 tokens where these have names of their own', async () => {
    const caller = await accepts(tokenWorld(BOTH_VERSIONS), mint({ base: V1_CLAIMS }));
    assert.equal(caller.issuer, ISSUER_V1);
    assert.equal(caller.clientId, CLIENT_ID);
    assert.equal(caller.clientAuthentication, 'certificate');
    const user = await accepts(
      tokenWorld(BOTH_VERSIONS),
      mint({ base: V1_CLAIMS, claims: { idtyp: 'user', scp: 'x', upn: 'adele@contoso.example' } }),
    );
    assert.ok(user.kind === 'user');
    assert.equal(user.display.username, 'adele@contoso.example');
  });

  const kinds: readonly (readonly [Claims, string, string])[] = [
    [{ idtyp: 'app' }, 'app', 'declared'],
    [{ idtyp: 'app', scp: '' }, 'app', 'declared'],
    [{ idtyp: 'app', scp: '/' }, 'app', 'declared'],
    [{ idtyp: 'user' }, 'user', 'declared'],
    [{ idtyp: 'user', scp: 'a' }, 'user', 'declared'],
    [{ idtyp: undefined }, 'app', 'inferred'],
    [{ idtyp: undefined, scp: '/' }, 'app', 'inferred'],
    [{ idtyp: undefined, scp: '' }, 'app', 'inferred'],
    [{ idtyp: undefined, scp: 'a' }, 'user', 'inferred'],
    [{ idtyp: undefined, scp: 'a', sub: 'pairwise', azpacr: '0' }, 'user', 'inferred'],
  ];
  for (const [claims, kind, evidence] of kinds) {
    it(`C6 is ${kind} (${evidence}) by ${JSON.stringify({ idtyp: 'absent', ...claims })}`, async () => {
      const caller = await accepts(tokenWorld(), mint({ claims }));
      assert.deepEqual([caller.kind, caller.kindEvidence], [kind, evidence]);
    });
  }

  it('Z5 has scopes split at spaces and roles as they are', async () => {
    const claims = { scp: ' Orders.Read  Orders.Write / ', roles: ['Reader Admin'] };
    const caller = await accepts(tokenWorld(), mint({ base: USER_CLAIMS, claims }));
    assert.ok(caller.kind === 'user');
    assert.deepEqual(caller.scopes, ['Orders.Read', 'Orders.Write']);
    assert.deepEqual(caller.roles, ['Reader Admin']);
  });

  it('C11 has no roles, no scopes and no names where the token has none of the right type', async () => {
    const base = without(USER_CLAIMS, 'roles', 'scp', 'uti', 'azpacr', 'preferred_username');
    const claims = { name: { x: 1 }, email: ['a'], unique_name: 'adele' };
    const caller = await accepts(tokenWorld(), mint({ base, claims }));
    assert.ok(caller.kind === 'user');
    assert.deepEqual([caller.roles, caller.scopes, caller.tokenId], [[], [], undefined]);
    assert.deepEqual(caller.display, { name: undefined, username: 'adele', email: undefined });
    assert.equal(caller.clientAuthentication, 'unknown');
    const strange = await accepts(tokenWorld(), mint({ claims: { azpacr: '7' } }));
    assert.equal(strange.clientAuthentication, 'unknown');
  });

  it('cannot be changed by a handler, since all calls with the token share it', async () => {
    for (const base of [APP_CLAIMS, USER_CLAIMS]) {
      const caller = await accepts(tokenWorld(), mint({ base }));
      for (const part of [
        caller,
        caller.roles,
        caller.kind === 'user' ? caller.scopes : [],
        caller.kind === 'user' ? caller.display : {},
      ]) {
        assert.ok(Object.isFrozen(part) || Object.keys(part).length === 0);
      }
    }
  });

  it('E6 shows neither token nor signature when printed', async () => {
    const token = mint();
    const shown = inspect(await accepts(tokenWorld(), token), { depth: 9, showHidden: true });
    for (const part of token.split('.')) assert.ok(!shown.includes(part.slice(0, 20)));
  });

  it('S6 owes nothing to a polluted prototype', async () => {
    Object.defineProperty(Object.prototype, 'roles', { value: ['Admin'], configurable: true });
    try {
      const caller = await accepts(tokenWorld(), mint({ base: without(APP_CLAIMS, 'roles') }));
      assert.deepEqual(Object.getOwnPropertyDescriptor(caller, 'roles')?.value, []);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'roles');
    }
  });
});

describe('time', () => {
  const edges: readonly (readonly [string, Claims, boolean])[] = [
    ['T2 exp exactly the tolerance ago', { exp: NOW - 60 }, false],
    ['T2 exp a second later', { exp: NOW - 59 }, true],
    ['T3 nbf exactly the tolerance ahead', { nbf: NOW + 60 }, true],
    ['T3 nbf a second later', { nbf: NOW + 61 }, false],
    ['T3 iat exactly the tolerance ahead', { iat: NOW + 60 }, true],
    ['T3 iat a second later', { iat: NOW + 61 }, false],
    ['T4 a lifetime of exactly 29 hours', { iat: NOW, exp: NOW + 29 * 3600 }, true],
    ['T4 a second more', { iat: NOW, exp: NOW + 29 * 3600 + 1 }, false],
    ['T4 nbf one second before exp', { nbf: NOW + 9, exp: NOW + 10 }, true],
    ['T4 nbf at exp', { nbf: NOW + 10, exp: NOW + 10 }, false],
    ['T4 iat one second before exp', { iat: NOW + 9, exp: NOW + 10 }, true],
    ['T4 iat at exp', { iat: NOW + 10, exp: NOW + 10 }, false],
  ];
  for (const [name, claims, accepted] of edges) {
    it(`${name} is ${accepted ? 'accepted' : 'refused'}`, async () => {
      const { validator } = tokenWorld();
      const result = validator.validate(mint({ claims }));
      await (accepted ? result : assert.rejects(result, TokenError));
    });
  }

  it('T5 tolerates as much as configured and no more', async () => {
    const token = mint({ claims: { exp: NOW } });
    await refuses(tokenWorld({ clockSkewSeconds: 0 }), token, 'expired');
    await accepts(tokenWorld({ clockSkewSeconds: 1 }), token);
    await accepts(tokenWorld({ clockSkewSeconds: 0 }), mint({ claims: { exp: NOW + 1 } }));
  });

  it('T6 counts from the issue', async () => {
    const options = { maxTokenAgeSeconds: 600 };
    await refuses(tokenWorld(options), mint({ claims: { iat: NOW - 660 } }), 'token_too_old');
    await accepts(tokenWorld(options), mint({ claims: { iat: NOW - 659 } }));
  });

  it('T2 is refused by the wall clock alone', async () => {
    const world = tokenWorld();
    await accepts(world, mint());
    world.clock.jumpWallClock(3660_000);
    await refuses(world, mint(), 'expired');
    world.clock.jumpWallClock(-1000);
    await accepts(world, mint());
  });
});

describe('options that change a rule', () => {
  it('M7 bounds the token also without the gate in front', async () => {
    const token = mint({ claims: { x: 'x'.repeat(600) } });
    const options = { maxTokenBytes: token.length };
    await accepts(tokenWorld(options), token);
    await refuses(tokenWorld({ maxTokenBytes: token.length - 1 }), token, 'token_too_long');
    assert.equal(tokenWorld(options).validator.maxTokenBytes, token.length);
  });

  it('H2b accepts a missing typ by opt-in, and a wrong one never', async () => {
    const world = tokenWorld({ allowMissingTyp: true });
    await accepts(world, mint({ header: { typ: undefined } }));
    await refuses(world, mint({ header: { typ: 'dpop+jwt' } }), 'type_not_access_token');
  });

  it('H2 accepts every spelling of the two types of access tokens', async () => {
    for (const typ of ['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'application/JWT']) {
      await accepts(tokenWorld(), mint({ header: { typ } }));
    }
  });

  it('H5 and H11 ignore x5t and headers they do not know', async () => {
    await accepts(
      tokenWorld(),
      mint({ header: { x5t: 'wrong', 'x5t#S256': 1, 'x-custom': [{}] } }),
    );
  });

  it('A4 accepts the client id and listed App ID URIs in v1.0 tokens', async () => {
    for (const aud of ['api://orders', API_ID]) {
      await accepts(tokenWorld(BOTH_VERSIONS), mint({ base: V1_CLAIMS, claims: { aud } }));
    }
    await accepts(
      tokenWorld({ tokenVersions: ['1.0'] }),
      mint({ base: V1_CLAIMS, claims: { aud: API_ID } }),
    );
  });

  it('I2 explains once why a v1.0 token is refused', async () => {
    const world = tokenWorld();
    const token = mint({ base: V1_CLAIMS, claims: { aud: API_ID } });
    for (let i = 0; i < 3; i++) await refuses(world, token, 'version_not_accepted');
    const hints = world.log.filter(({ message }) =>
      message.includes('requestedAccessTokenVersion'),
    );
    assert.equal(hints.length, 1);
    const other = tokenWorld();
    await refuses(other, mint({ claims: { ver: '3.0' } }), 'version_not_accepted');
    await refuses(
      other,
      mint({ base: V1_CLAIMS, key: { ...testKey('x'), kid: testKey('published').kid } }),
      'signature_invalid',
    );
    assert.equal(other.log.filter(({ level }) => level === 'warn').length, 0);
    const v1Only = tokenWorld({ tokenVersions: ['1.0'] });
    await refuses(v1Only, mint({ base: V1_CLAIMS, claims: { aud: 'x' } }), 'audience_not_listed');
    assert.equal(v1Only.log.filter(({ level }) => level === 'warn').length, 0);
  });

  it('I3 takes keys for v1.0 tokens from the v1.0 documents', async () => {
    const world = tokenWorld(BOTH_VERSIONS);
    world.authority.keys = [testKey('v2').jwk];
    world.authority.v1Keys = [testKey('v1').jwk];
    await accepts(world, mint({ base: V1_CLAIMS, key: testKey('v1') }));
    await accepts(world, mint({ key: testKey('v2') }));
    await refuses(world, mint({ base: V1_CLAIMS, key: testKey('v2') }), 'key_id_unknown');
    await refuses(world, mint({ key: testKey('v1') }), 'key_id_unknown');
    await refuses(world, mint({ claims: { ver: '3.0' } }), 'version_not_accepted');
  });

  it('K7 asks for the keys of this application by opt-in', async () => {
    const world = tokenWorld({ useAppSpecificKeys: true });
    await world.validator.ready();
    assert.match(world.authority.requests[0] ?? '', new RegExp(`\\?appid=${API_ID}$`));
    const usual = tokenWorld();
    await usual.validator.ready();
    assert.doesNotMatch(usual.authority.requests[0] ?? '', /appid/);
  });

  it('C5 accepts a client with a certificate where one is required', async () => {
    const world = tokenWorld({ requireCertificateClient: true });
    await accepts(world, mint({ claims: { azpacr: '2' } }));
  });

  it('C6c accepts a token that says its kind where that is required', async () => {
    await accepts(tokenWorld({ requireIdtyp: true }), mint());
  });
});

describe('a remembered token', () => {
  it('is the same caller again', async () => {
    const world = tokenWorld();
    const token = mint();
    const caller = await accepts(world, token);
    assert.equal(world.validator.check(token), caller);
  });

  it('99 ends with its time, whichever way the clock goes', async () => {
    const world = tokenWorld();
    const token = mint({ claims: { nbf: NOW - 10, iat: NOW - 10, exp: NOW + 100 } });
    const caller = await accepts(world, token);
    world.clock.jumpWallClock(160_000 - 1);
    assert.equal(await accepts(world, token), caller);
    world.clock.jumpWallClock(1);
    await refuses(world, token, 'expired');
    world.clock.jumpWallClock(-160_000);
    assert.notEqual(await accepts(world, token), caller, 'verified anew');
    const again = await accepts(world, token);
    world.clock.jumpWallClock(-70_000);
    assert.equal(await accepts(world, token), again);
    world.clock.jumpWallClock(-1);
    await refuses(world, token, 'not_yet_valid');
  });

  it('T6 ends with its age', async () => {
    const world = tokenWorld({ maxTokenAgeSeconds: 600 });
    const token = mint();
    const caller = await accepts(world, token);
    world.clock.jumpWallClock(360_000 - 1);
    assert.equal(await accepts(world, token), caller);
    world.clock.jumpWallClock(1);
    await refuses(world, token, 'token_too_old');
  });

  it('is verified anew after 5 minutes, or as often as configured', async () => {
    for (const [options, seconds] of [
      [{}, 300],
      [{ cache: { maxAgeSeconds: 7 } }, 7],
    ] as const) {
      const world = tokenWorld(options);
      const token = mint();
      const caller = await accepts(world, token);
      world.clock.advance(seconds * 1000 - 1);
      assert.equal(await accepts(world, token), caller);
      world.clock.advance(1);
      assert.notEqual(await accepts(world, token), caller);
    }
  });

  it('is none where remembering is switched off', async () => {
    const world = tokenWorld({ cache: { maxEntries: 0 } });
    assert.notEqual(await accepts(world, mint()), await accepts(world, mint()));
  });

  it('98 ends with its key, without waiting for its own time', async () => {
    const world = tokenWorld({ cache: { maxAgeSeconds: 3600 } });
    world.authority.keys = [testKey('published').jwk, testKey('a').jwk];
    const [stays, goes] = [mint({ key: testKey('a') }), mint()];
    const caller = await accepts(world, stays);
    await accepts(world, goes);
    world.authority.keys = [testKey('a').jwk];
    await world.timers.pass(3_600_000 - 1);
    await accepts(world, goes);
    // A remembered token is due an instant later; move the clock of its review by a new one.
    const fresh = await accepts(world, mint({ key: testKey('a'), claims: { uti: 'later' } }));
    await world.timers.pass(1);
    await refuses(world, goes, 'key_id_unknown');
    assert.equal(
      await accepts(world, mint({ key: testKey('a'), claims: { uti: 'later' } })),
      fresh,
    );
    assert.notEqual(await accepts(world, stays), caller);
  });

  it('101 is no other token that shares its end, its claims or its id', async () => {
    const world = tokenWorld();
    const token = mint();
    await accepts(world, token);
    const [head, , signature] = token.split('.');
    const other = mint({ claims: { roles: ['Admin'] } }).split('.')[1];
    await refuses(world, `${head}.${other}.${signature}`, 'signature_invalid');
    await accepts(world, token);
  });
});
