import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allChecks } from '#src/token/checks.ts';
import { HeaderReader } from '#src/token/header-reader.ts';
import { KeyDocumentError } from '#src/token/key-set.ts';
import { accepts, refuses, tokenWorld, verdict } from '../support/token-world.ts';
import { APP_CLAIMS, base64url, CLIENT_ID, mint, V1_CLAIMS } from '../support/tokens.ts';

describe('claims that decide', () => {
  const decisive = [
    ...['aud', 'iss', 'exp', 'nbf', 'iat', 'tid', 'oid', 'sub', 'ver', 'azp', 'appid'],
    ...['azpacr', 'appidacr', 'roles', 'scp', 'idtyp', 'cnf'],
  ];
  for (const name of decisive) {
    it(`S5b ${name} may not stand twice in two spellings`, async () => {
      const value = APP_CLAIMS[name] ?? 'x';
      const spelt = name.toUpperCase();
      await refuses(
        tokenWorld(),
        mint({ claims: { [name]: value, [spelt]: value } }),
        'ambiguous_member',
      );
    });
  }

  it('S5b others may: they decide nothing', async () => {
    await accepts(tokenWorld(), mint({ claims: { aio: 'a', AIO: 'b', Rh: 'c' } }));
  });

  it('C4 the client named by both versions at once is fine when both agree', async () => {
    await accepts(tokenWorld(), mint({ claims: { azp: CLIENT_ID, appid: CLIENT_ID } }));
    await refuses(
      tokenWorld(),
      mint({ claims: { azp: CLIENT_ID, appid: APP_CLAIMS['oid'] } }),
      'client_id_contradiction',
    );
  });

  it('I2 a v1.0 token refused for another reason gets no hint about versions', async () => {
    const world = tokenWorld({ tokenVersions: ['1.0', '2.0'], v1Audiences: ['api://orders'] });
    await refuses(
      world,
      mint({ base: V1_CLAIMS, claims: { iss: 'https://sts.windows.net/x/' } }),
      'issuer_mismatch',
    );
    assert.deepEqual(
      world.log.filter(({ message }) => message.includes('requestedAccessTokenVersion')),
      [],
    );
  });
});

describe('claims that are hostile objects', () => {
  const hostile = { toString: 1, valueOf: 1 };
  for (const name of Object.keys({
    ...APP_CLAIMS,
    xms_idrel: 0,
    xms_act_fct: 0,
    acrs: 0,
    xms_cc: 0,
  })) {
    it(`C11 ${name} is never converted: a refusal or an acceptance, and no other error`, async () => {
      for (const kid of ['unpublished', undefined]) {
        const world = tokenWorld({ tenantId: { allowAnyTenant: true } });
        await world.validator.ready();
        await world.timers.pass(600_000);
        const header = kid === undefined ? {} : { kid };
        // Fails with a TypeError unless every error is one of ours.
        await verdict(world, mint({ header, claims: { [name]: hostile } }));
        await verdict(world, mint({ header, claims: { [name]: [hostile] } }));
      }
    });
  }
});

describe('keys that fail to load', () => {
  it('K6 do not make the metadata be asked for again: only a missing document does', async () => {
    const world = tokenWorld();
    world.authority.fail = (url) =>
      url.pathname.endsWith('/keys') ? new KeyDocumentError('no answer') : undefined;
    await assert.rejects(world.validator.ready());
    assert.equal(world.authority.requests.length, 2);
  });
});

/** A reader that counts how often it reads. */
function countingReader(): { reader: HeaderReader; reads: () => number } {
  let reads = 0;
  const count = {
    rule: 'S2',
    reason: 'base64url_not_canonical',
    violates: () => {
      reads++;
      return false;
    },
  } as const;
  const structure = { ...allChecks.structure, segment: [count] };
  return {
    reader: new HeaderReader({ ...allChecks, structure }, false),
    reads: () => reads,
  };
}

const headerOf = (kid: string, length = 0): string => {
  const text = (filler: string) =>
    base64url(JSON.stringify({ typ: 'JWT', alg: 'RS256', kid, x: filler }));
  if (length === 0) return text('');
  // Three characters more make four of base64url.
  let filler = '';
  while (text(filler).length < length) filler += 'x';
  return text(filler);
};

describe('the headers of verified tokens', () => {
  it('are read once', () => {
    const { reader, reads } = countingReader();
    const header = headerOf('a');
    assert.equal(reader.read(header), 'a');
    reader.remember(header, 'a');
    assert.equal(reader.read(header), 'a');
    assert.equal(reads(), 1);
  });

  it('are remembered by the dozen, then from the beginning', () => {
    const { reader, reads } = countingReader();
    const headers = Array.from({ length: 65 }, (_, i) => headerOf(`key-${i}`));
    for (const [i, header] of headers.slice(0, 64).entries()) reader.remember(header, `key-${i}`);
    // One that is known already counts once.
    reader.remember(String(headers[0]), 'key-0');
    for (const header of headers.slice(0, 64)) reader.read(header);
    assert.equal(reads(), 0);
    reader.remember(String(headers[64]), 'key-64');
    reader.read(String(headers[64]));
    assert.equal(reads(), 0);
    reader.read(String(headers[0]));
    assert.equal(reads(), 1);
  });

  it('are remembered up to 512 characters', () => {
    const { reader, reads } = countingReader();
    const fits = headerOf('a', 512);
    assert.equal(fits.length, 512);
    reader.remember(fits, 'a');
    reader.read(fits);
    assert.equal(reads(), 0);
    const long = headerOf('a', 513);
    reader.remember(long, 'a');
    reader.read(long);
    assert.equal(reads(), 1);
  });
});
