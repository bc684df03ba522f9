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
    ['CBC', { ciphers: ['ECDHE-ECDSA-AES128-SHA'] }, /is not in this profile/],
    ['static RSA', { ciphers: ['AES128-GCM-SHA256'] }, /is not in this profile/],
    ['OpenSSL keywords', { ciphers: ['HIGH:!aNULL'] }, /is not in this profile/],
    ['a lower security level', { ciphers: ['@SECLEVEL=0'] }, /is not in this profile/],
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
    [
      'a signature algorithm with SHA-1',
      { signatureAlgorithms: ['ecdsa_sha1'] },
      /is not in this profile/,
    ],
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
