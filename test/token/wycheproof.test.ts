import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { TokenError } from '#src/core/errors.ts';
import { firstViolation, runChecks } from '#src/token/check.ts';
import { allChecks } from '#src/token/checks.ts';
import { decodeHeader, decodeSegment, splitToken } from '#src/token/compact.ts';
import { KeyDocumentError, parseKeys } from '#src/token/key-set.ts';
import { admitKey } from '#src/token/signing-key.ts';

type Result = 'valid' | 'invalid' | 'acceptable';

interface Vector {
  readonly id: number;
  readonly comment: string;
  readonly result: Result;
}
interface SignatureGroup {
  readonly n: string;
  readonly e: string;
  readonly tests: readonly (Vector & { readonly message: string; readonly signature: string })[];
}
interface JwsGroup {
  readonly comment: string;
  readonly keys: readonly unknown[];
  readonly tests: readonly (Vector & { readonly jws: string })[];
}
interface Vectors {
  readonly rsaSignature2048Sha256: readonly SignatureGroup[];
  readonly jsonWebSignature: readonly JwsGroup[];
  readonly jsonWebKey: readonly JwsGroup[];
}

const vectors = JSON.parse(readFileSync('test/vectors/wycheproof/rs256.json', 'utf8')) as Vectors;

/** What becomes of a vector: `accepted`, or why not. */
type Verdict = string;

function ofSignature({ n, e }: SignatureGroup, message: string, signature: string): Verdict {
  const admission = admitKey({ kty: 'RSA', kid: 'k', n, e });
  if ('fault' in admission) return admission.fault;
  const token = {
    signingInput: Buffer.from(message, 'base64url'),
    signature: Buffer.from(signature, 'base64url'),
    key: admission.key,
  };
  return firstViolation(allChecks.signature, token)?.reason ?? 'accepted';
}

/** Every rule up to the signature. The payloads of the vectors are no claims, and their headers have no `typ`. */
function ofJws({ keys }: JwsGroup, jws: string): Verdict {
  const { structure } = allChecks;
  try {
    const set = parseKeys(Buffer.from(JSON.stringify({ keys })), undefined);
    const parts = splitToken(jws);
    const header = decodeHeader(parts.header, structure);
    runChecks(allChecks.header, { header, allowMissingTyp: true });
    const key = set.keys.get(String(header['kid']));
    if (key === undefined) return 'key_id_unknown';
    decodeSegment(parts.payload, structure);
    const signature = decodeSegment(parts.signature, structure);
    const signingInput = Buffer.from(parts.signingInput, 'latin1');
    runChecks(allChecks.signature, { signingInput, signature, key });
    return 'accepted';
  } catch (error) {
    if (error instanceof KeyDocumentError) return 'no_usable_key';
    assert.ok(error instanceof TokenError, String(error));
    return error.reason;
  }
}

/** Valid by the algorithm, and refused by a rule of ours. */
const STRICTER: Readonly<Record<string, string>> = {
  'signature 258': 'exponent', // 3, where K2 wants 65537
  'signature 259': 'exponent',
  'jws 259': 'segment_count', // an empty payload, which is no claims (S1)
  'jwk 2': 'no_usable_key', // HMAC (H1b, K2)
  'jwk 13': 'no_usable_key',
  'jwk 14': 'no_usable_key',
  'jwk 15': 'no_usable_key',
};

function judge(name: string, { id, comment, result }: Vector, verdict: Verdict): void {
  const expected = STRICTER[`${name} ${id}`] ?? (result === 'valid' ? 'accepted' : undefined);
  const shown = `${name} ${id} (${comment}) is ${result}`;
  if (expected === undefined) assert.notEqual(verdict, 'accepted', shown);
  else assert.equal(verdict, expected, shown);
}

const counted = (verdicts: readonly Verdict[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
};

describe('Wycheproof', () => {
  it('K3 and S9: each of 259 RS256 signatures comes out as expected', () => {
    const verdicts = vectors.rsaSignature2048Sha256.flatMap((group) =>
      group.tests.map((test) => {
        const verdict = ofSignature(group, test.message, test.signature);
        judge('signature', test, verdict);
        return verdict;
      }),
    );
    assert.deepEqual(counted(verdicts), {
      accepted: 7,
      exponent: 2,
      signature_invalid: 248,
      signature_length: 2,
    });
  });

  it('S1 to S9, H1 and K2: each of 235 RS256 tokens comes out as expected', () => {
    const verdicts = vectors.jsonWebSignature.flatMap((group) =>
      group.tests.map((test) => {
        const verdict = ofJws(group, test.jws);
        judge('jws', test, verdict);
        return verdict;
      }),
    );
    assert.deepEqual(counted(verdicts), {
      accepted: 7,
      key_id_unknown: 1,
      no_usable_key: 2,
      opaque_token: 2,
      segment_count: 8,
      signature_invalid: 215,
    });
  });

  it('K2, K2b and K2c: each of 26 key sets comes out as expected', () => {
    const verdicts = vectors.jsonWebKey.flatMap((group) =>
      group.tests.map((test) => {
        const verdict = ofJws(group, test.jws);
        judge('jwk', test, verdict);
        return verdict;
      }),
    );
    assert.deepEqual(counted(verdicts), { accepted: 1, no_usable_key: 25 });
  });
});
