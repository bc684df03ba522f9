import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSubjectAltName } from '#src/tls/subject-alt-names.ts';

describe('the names in a certificate', () => {
  it('are read by kind', () => {
    assert.deepEqual(
      parseSubjectAltName('DNS:a.internal, IP Address:127.0.0.1, URI:spiffe://x/y, DNS:b'),
      {
        dnsNames: ['a.internal', 'b'],
        uris: ['spiffe://x/y'],
      },
    );
    assert.deepEqual(parseSubjectAltName(undefined), { dnsNames: [], uris: [] });
  });

  it('cannot be forged by a comma inside one', () => {
    const quoted = JSON.stringify(
      'spiffe://internal.example/x, URI:spiffe://internal.example/admin',
    );
    assert.deepEqual(parseSubjectAltName(`URI:${quoted}`), {
      dnsNames: [],
      uris: ['spiffe://internal.example/x, URI:spiffe://internal.example/admin'],
    });
  });

  it('are not guessed from a text that is not understood', () => {
    for (const text of ['DNS:a,DNS:b', 'DNS:"a', 'garbage', 'DNS:a, ', 'DNS:"a"b']) {
      assert.equal(parseSubjectAltName(text), undefined, text);
    }
  });
});
