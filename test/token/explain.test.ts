import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import {
  describeExplanation,
  explainRejection,
  type RejectionExplanation,
  type TokenReason,
  type TokenValidatorOptions,
  tokenReasons,
} from 'grpc-entra/token';
import { reasonTexts } from '#src/token/reason-texts.ts';
import { type Attack, issuerOf } from '../attacks/attack.ts';
import { audienceAttacks, issuerAttacks, timeAttacks } from '../attacks/claim-attacks.ts';
import { headerAttacks } from '../attacks/header-attacks.ts';
import { identityAttacks } from '../attacks/identity-attacks.ts';
import { structureAttacks } from '../attacks/structure-attacks.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { OPTIONS, tokenWorld, verdict } from '../support/token-world.ts';
import { type Claims, mint, NOW, testKey, USER_CLAIMS, V1_CLAIMS } from '../support/tokens.ts';

const JWKS = JSON.stringify({ keys: [testKey('published').jwk] });

const explain = (
  token: string,
  changes: Partial<TokenValidatorOptions> = {},
  jwks: string | undefined = JWKS,
): RejectionExplanation =>
  explainRejection(
    token,
    { ...OPTIONS, clock: fakeClock(), ...changes },
    jwks === undefined ? {} : { jwks },
  );

const advice = (explanation: RejectionExplanation): string =>
  explanation.findings.find(({ outcome }) => outcome === 'fail')?.advice ?? '';

describe('an explanation', () => {
  it('accepts what the validator accepts, with the keys; without them it says so', () => {
    for (const value of [mint(), `Bearer ${mint()}`, ` ${mint()}\n`, mint({ base: USER_CLAIMS })]) {
      assert.equal(explain(value).verdict, 'accepted');
      const offline = explainRejection(value, { ...OPTIONS, clock: fakeClock() });
      assert.equal(offline.verdict, 'unverified');
      assert.ok(
        offline.findings.some(({ rule, outcome }) => rule === 'K3' && outcome === 'unknown'),
      );
    }
  });

  const attacks: readonly Attack[] = [
    ...structureAttacks,
    ...headerAttacks,
    ...issuerAttacks,
    ...audienceAttacks,
    ...timeAttacks,
    ...identityAttacks,
  ];
  it(`gives the reason of the validator for each of ${attacks.length} attacks`, async () => {
    for (const attack of attacks) {
      const { name, token, options } = attack;
      const text = token();
      const world = tokenWorld(options);
      attack.authority?.(world.authority);
      const jwks = JSON.stringify({ keys: world.authority.keys });
      const explained = explain(text, options, jwks);
      assert.equal(explained.verdict, 'refused', name);
      const refused = await verdict(world, text);
      assert.ok(typeof refused === 'string', name);
      // An explanation begins where the gate does, one step before the validator.
      const wanted = /[^\w.-]/.test(text) ? 'token_characters' : refused;
      assert.ok(
        explained.findings.some(({ reason, outcome }) => reason === wanted && outcome === 'fail'),
        `${name}: ${wanted} is not among the findings`,
      );
    }
  });

  it('has words for every reason: what is wanted, and what to do', () => {
    for (const reason of Object.keys(tokenReasons) as TokenReason[]) {
      const { wants, advice: hint } = reasonTexts[reason];
      assert.ok(wants.length > 10 && hint.length > 10, reason);
      assert.doesNotMatch(wants + hint, /[.!]$|undefined/);
    }
  });

  it('names every rule that is broken, not the first alone', () => {
    const token = mint({
      claims: { aud: 'x', exp: NOW - 7200, iat: NOW - 9000, nbf: NOW - 9000, azp: 'y' },
    });
    const broken = explain(token).findings.filter(({ outcome }) => outcome === 'fail');
    assert.deepEqual(
      broken.map(({ rule }) => rule),
      ['A3', 'T2', 'C4'],
    );
  });

  it('shows no claim about anybody, and no part of the token', () => {
    const secrets: Claims = {
      name: 'Adele Vance',
      email: 'adele@contoso.example',
      preferred_username: 'adele@contoso.example',
      iss: issuerOf('9a1d2d2f-0000-4c4a-8e8d-4c5d5d2b3c22'),
      tid: '9a1d2d2f-0000-4c4a-8e8d-4c5d5d2b3c22',
      aud: 'https://intranet.contoso.example/secret-project',
      roles: ['Secret.Role'],
    };
    const token = mint({ base: USER_CLAIMS, claims: secrets });
    const explained = explain(token);
    const output = inspect(explained, { depth: 9 }) + describeExplanation(explained);
    for (const part of token.split('.')) assert.ok(!output.includes(part.slice(0, 20)));
    for (const value of Object.values({ ...USER_CLAIMS, ...secrets }).flat()) {
      if (String(value).length > 5) assert.ok(!output.includes(String(value)), String(value));
    }
  });
});

const hints: readonly (readonly [string, string, Partial<TokenValidatorOptions>, RegExp])[] = [
  [
    'a v1.0 token',
    mint({ base: V1_CLAIMS }),
    {},
    /requestedAccessTokenVersion to 2 .* v1Audiences: \['api:\/\/orders'\]/,
  ],
  [
    'an App ID URI that is not listed',
    mint({ base: V1_CLAIMS }),
    { tokenVersions: ['1.0'] },
    /add 'api:\/\/orders' to v1Audiences/,
  ],
  [
    'a token for another API in v2.0',
    mint({ claims: { aud: 'api://orders' } }),
    {},
    /client id as audience/,
  ],
  [
    'a token of Microsoft Graph',
    mint({ header: { nonce: 'x' }, claims: { aud: '00000003-0000-0000-c000-000000000000' } }),
    {},
    /Microsoft Graph .* scope api:/,
  ],
  ['an id token', mint({ claims: { nonce: 'x' } }), {}, /id token/],
  ['an agent', mint({ claims: { xms_act_fct: '11' } }), {}, /agents to 'allow'/],
  ['an encrypted token', 'a.b.c.d.e', {}, /encryption off/],
  ['two tokens', `Bearer ${mint()},${mint()}`, {}, /second token/],
];

describe('what to change', () => {
  for (const [name, token, options, wanted] of hints) {
    it(`is said about ${name}`, () => {
      const explained = explain(token, options);
      assert.equal(explained.verdict, 'refused');
      assert.match(advice(explained), wanted);
      assert.match(describeExplanation(explained), wanted);
    });
  }

  it('comes with what may be known about the token', () => {
    const { facts } = explain(mint({ claims: { exp: NOW - 7300, aud: 'api://orders' } }));
    assert.deepEqual(facts, {
      version: '2.0',
      kind: 'app',
      audience: 'api://orders',
      issuer: 'an accepted tenant, v2.0 form',
      time: 'expired 2 hours ago',
    });
    assert.equal(explain(mint()).facts?.audience, 'the client id of this API');
    assert.equal(explain(mint()).facts?.time, 'expires in 1 hour');
    const graph = mint({
      claims: { aud: 'https://graph.microsoft.com', iss: 'https://x.example' },
    });
    assert.equal(explain(graph).facts?.audience, 'Microsoft Graph');
    assert.equal(explain(graph).facts?.issuer, 'another authority');
    const other = mint({ claims: { iss: issuerOf('x'), nbf: NOW + 90, aud: ['x'], ver: 3 } });
    assert.equal(explain(other).facts?.issuer, 'another tenant of this cloud');
    assert.equal(explain(other).facts?.time, 'valid in 1 minute');
    assert.equal(explain(other).facts?.version, 'unknown');
  });

  it('is refused for settings that cannot work', () => {
    assert.throws(() => explain(mint(), { tenantId: 'common' }), { code: 'ERR_OPTION_INVALID' });
  });
});
