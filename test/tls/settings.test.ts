import assert from 'node:assert/strict';
import { constants } from 'node:crypto';
import { describe, it } from 'node:test';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '#src/core/errors.ts';
import { resolveTlsPolicy, secureContextOptions } from '#src/tls/settings.ts';

const refusal = (options: object): ConfigError => {
  try {
    resolveTlsPolicy('tls', options);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.code, 'ERR_OPTION_INVALID');
    return error;
  }
  assert.fail('the policy was accepted');
};

describe('the TLS policy', () => {
  it('is intermediate unless stated otherwise', () => {
    const policy = resolveTlsPolicy('tls', {});
    assert.equal(policy.profile, 'intermediate');
    assert.equal(policy.minVersion, 'TLSv1.2');
    assert.equal(policy.ciphers.length, 9);
    assert.ok(
      policy.ciphers.every((name) => /GCM|POLY1305/.test(name)),
      'AEAD suites only',
    );
    assert.ok(
      policy.ciphers
        .filter((name) => !name.startsWith('TLS_'))
        .every((name) => name.startsWith('ECDHE-')),
      'ephemeral keys only',
    );
  });

  for (const profile of ['modern', 'intermediate'] as const) {
    it(`loads ${profile} into OpenSSL in full`, () => {
      const options = secureContextOptions(resolveTlsPolicy('tls', { profile }));
      createSecureContext(options);
      assert.match(String(options.ciphers), /:@SECLEVEL=2$/);
      assert.equal(options.maxVersion, 'TLSv1.3');
      assert.equal(
        Number(options.secureOptions) & constants.SSL_OP_NO_TICKET,
        constants.SSL_OP_NO_TICKET,
      );
      assert.equal(
        Number(options.secureOptions) & constants.SSL_OP_NO_RENEGOTIATION,
        constants.SSL_OP_NO_RENEGOTIATION,
      );
    });
  }

  it('takes subsets of a profile in the order given', () => {
    const policy = resolveTlsPolicy('tls', {
      ciphers: ['TLS_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
      groups: ['P-384'],
      minVersion: 'TLSv1.2',
    });
    assert.deepEqual(policy.ciphers, ['TLS_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384']);
    assert.deepEqual(policy.groups, ['P-384']);
  });

  it('leaves no TLS 1.2 suite when the version is raised', () => {
    const policy = resolveTlsPolicy('tls', { minVersion: 'TLSv1.3' });
    assert.ok(policy.ciphers.every((name) => name.startsWith('TLS_')));
  });

  const weak: readonly (readonly [string, object, RegExp])[] = [
    ['TLS 1.0', { minVersion: 'TLSv1' }, /RFC 8996/],
    ['TLS 1.1', { minVersion: 'TLSv1.1' }, /RFC 8996/],
    [
      'a lower version than the profile',
      { profile: 'modern', minVersion: 'TLSv1.2' },
      /below the profile/,
    ],
    ['CBC', { ciphers: ['ECDHE-ECDSA-AES128-SHA'] }, /Allowed: /],
    ['static RSA', { ciphers: ['AES128-GCM-SHA256'] }, /Allowed: /],
    ['OpenSSL keywords', { ciphers: ['HIGH:!aNULL'] }, /Allowed: /],
    ['a lower security level', { ciphers: ['@SECLEVEL=0'] }, /Allowed: /],
    [
      'a typing error, with the name that was meant',
      { ciphers: ['TLS_AES_128_GCM_SHA265'] },
      /did you mean "TLS_AES_128_GCM_SHA256"/,
    ],
    ['no suite at all', { ciphers: [] }, /at least one/],
    [
      'suites without one for TLS 1.3',
      { ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] },
      /no TLS 1\.3 suite/,
    ],
    ['a group outside the profile', { groups: ['P-521'] }, /is not in this profile/],
    ['a signature algorithm with SHA-1', { signatureAlgorithms: ['ecdsa_sha1'] }, /Allowed: /],
    ['an unknown profile', { profile: 'modem' }, /did you mean "modern"/],
    ['fips on a build without it', { profile: 'fips' }, /FIPS provider/],
  ];
  for (const [name, options, message] of weak) {
    it(`refuses ${name}`, () => {
      assert.match(refusal(options).message, message);
    });
  }

  it('says which Node pq-only needs, or offers hybrid groups alone', () => {
    const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);
    if (major > 3 || minor >= 5) {
      assert.ok(
        resolveTlsPolicy('tls', { profile: 'pq-only' }).groups.every((group) =>
          /MLKEM/.test(group),
        ),
      );
    } else {
      assert.match(refusal({ profile: 'pq-only' }).message, /OpenSSL 3\.5.*Node 24/);
    }
  });
});

describe('a name that is refused', () => {
  const ciphers: readonly (readonly [string, RegExp])[] = [
    ['ECDHE-ECDSA-AES128-SHA', /is CBC with SHA-1; RFC 9113/],
    ['ECDHE-RSA-AES256-SHA384', /is CBC; RFC 9113/],
    ['AES128-GCM-SHA256', /uses static RSA, without forward secrecy/],
    ['AES256-SHA', /uses static RSA/],
    ['DHE-RSA-AES128-GCM-SHA256', /finite-field/],
    ['ECDHE-ECDSA-AES128-CCM8', /64 bits/],
    ['ECDHE-ECDSA-NULL-SHA', /does not encrypt/],
    ['AECDH-AES128-SHA', /does not authenticate/],
    ['ECDHE-RSA-DES-CBC3-SHA', /broken or retired/],
    ['ECDHE-RSA-RC4-SHA', /broken or retired/],
    ['PSK-AES128-GCM-SHA256', /without certificates/],
    ['ALL', /OpenSSL keyword/],
    ['HIGH+ECDSA', /OpenSSL keyword/],
    ['!aNULL', /OpenSSL keyword/],
    ['@SECLEVEL=0', /OpenSSL keyword/],
    ['ECDHE-ECDSA-AES128-GCM-SHA265', /did you mean "ECDHE-ECDSA-AES128-GCM-SHA256"\?/],
    ['ECDHE-ECDSA-AES128-CCM', /is not in this profile/],
  ];
  for (const [name, why] of ciphers) {
    it(`is told why: ${name}`, () => {
      const { message } = refusal({ ciphers: ['TLS_AES_128_GCM_SHA256', name] });
      assert.match(message, why);
      assert.match(message, /Allowed: TLS_AES_128_GCM_SHA256, /);
    });
  }

  it('may be a group or a signature algorithm', () => {
    assert.match(refusal({ groups: ['P-265'] }).message, /P-256/);
    assert.match(refusal({ signatureAlgorithms: ['ecdsa_sha1'] }).message, /can be forged/);
    const hybrid = Number(process.versions.openssl.split('.')[1]) >= 5;
    if (hybrid) resolveTlsPolicy('tls', { groups: ['X25519MLKEM768'] });
    else assert.match(refusal({ groups: ['X25519MLKEM768'] }).message, /needs OpenSSL 3\.5 \(this/);
  });
});
