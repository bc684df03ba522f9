import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { TokenReason } from '#src/core/token-reason.ts';
import { bearerToken } from '#src/token/bearer.ts';
import type { CallConnection } from '#src/token/binding-checks.ts';
import { accepts, refuses, tokenWorld, verdict } from '../support/token-world.ts';
import { mint } from '../support/tokens.ts';

const thumbprintOf = (text: string): string =>
  createHash('sha256').update(text).digest('base64url');
const OURS = thumbprintOf('certificate');
const THEIRS = thumbprintOf('other certificate');
const bound = (cnf: unknown = { 'x5t#S256': OURS }): string => mint({ claims: { cnf } });
const over = (certificateThumbprint: string | undefined): CallConnection => ({
  certificateThumbprint,
});

const malformed: readonly unknown[] = [
  {},
  null,
  'x',
  [OURS],
  { 'x5t#S256': OURS, jkt: 'x' },
  { 'x5t#S256': OURS, 'x5t#s256': OURS },
  { 'X5T#S256': OURS },
  { 'x5t#S256': [OURS] },
  { 'x5t#S256': `${OURS}=` },
  { 'x5t#S256': OURS.slice(0, -1) },
  { 'x5t#S256': `${OURS.slice(0, -1)}B` },
  { 'x5t#S256': createHash('sha1').update('certificate').digest('base64url') },
  { jwk: { kty: 'RSA' } },
  { jkt: OURS },
  { x5t: OURS },
];

describe('tokens bound to a certificate', () => {
  it('P1 are refused where nothing would compare the certificate', async () => {
    await refuses(tokenWorld(), bound(), 'bound_token_unverified');
    await accepts(tokenWorld(), mint());
  });

  for (const binding of ['optional', 'required'] as const) {
    it(`P2 P3 ${binding}: are accepted over a connection with that certificate, and no other`, async () => {
      const world = tokenWorld({ binding });
      const caller = await world.validator.validate(bound(), over(OURS));
      assert.equal(caller.certificateThumbprint, OURS);
      await assert.rejects(world.validator.validate(bound(), over(THEIRS)), {
        reason: 'certificate_mismatch',
      });
    });
  }

  for (const cnf of malformed) {
    it(`P2 are refused with cnf ${JSON.stringify(cnf).slice(0, 40)}`, async () => {
      await refuses(tokenWorld({ binding: 'optional' }), bound(cnf), 'confirmation_malformed');
    });
  }

  const connections: readonly (readonly [string, CallConnection | undefined, TokenReason])[] = [
    ['nothing known of the connection', undefined, 'certificate_missing'],
    ['no certificate', {}, 'certificate_missing'],
    ['a certificate that is none', over(''), 'certificate_mismatch'],
    ['a padded thumbprint', over(`${OURS}=`), 'certificate_mismatch'],
  ];
  for (const [name, connection, reason] of connections) {
    it(`P3 are refused with ${name}, remembered or not`, async () => {
      const { validator } = tokenWorld({ binding: 'optional' });
      const token = bound();
      await assert.rejects(validator.validate(token, connection), { reason });
      await validator.validate(token, over(OURS));
      assert.throws(() => validator.check(token, connection), { reason });
      assert.ok(validator.check(token, over(OURS)));
    });
  }

  it('P3 are compared for each of the calls that wait for keys as one', async () => {
    const { validator } = tokenWorld({ binding: 'optional' });
    const token = bound();
    const [ours, theirs] = await Promise.allSettled([
      validator.check(token, over(OURS)),
      validator.check(token, over(THEIRS)),
    ]);
    assert.equal(ours.status, 'fulfilled');
    assert.equal(theirs.status, 'rejected');
  });

  it('P4 are the only ones accepted where binding is required', async () => {
    await refuses(tokenWorld({ binding: 'required' }), mint(), 'confirmation_missing');
    const caller = await verdict(tokenWorld({ binding: 'optional' }), mint());
    assert.ok(typeof caller !== 'string');
    assert.equal(caller.certificateThumbprint, undefined);
  });

  it('P5 may come by the scheme MTLS_POP where the certificate is compared', () => {
    const { binding } = tokenWorld({ binding: 'optional' }).validator;
    for (const value of ['MTLS_POP a.b.c', 'mtls_pop a.b.c', 'Bearer a.b.c']) {
      assert.equal(bearerToken([value], 100, binding), 'a.b.c');
    }
    for (const value of ['MTLS_POPS a.b.c', 'MTLS a.b.c', 'mtls-pop a.b.c']) {
      assert.throws(() => bearerToken([value], 100, binding), { reason: 'scheme_not_bearer' });
    }
    assert.throws(() => bearerToken(['MTLS_POP a.b.c'], 100), { reason: 'scheme_not_bearer' });
    assert.equal(tokenWorld().validator.binding, 'off');
  });

  it('P6 P7 do not come by the schemes PoP and DPoP', () => {
    for (const scheme of ['PoP', 'DPoP']) {
      assert.throws(() => bearerToken([`${scheme} a.b.c`], 100, 'required'), {
        reason: 'scheme_not_bearer',
      });
    }
  });
});
