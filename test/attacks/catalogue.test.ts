import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mint } from '../support/tokens.ts';
import { audienceEntries } from './catalogue/audience-entries.ts';
import {
  issuerEntries,
  keyEntries,
  payloadEntries,
  timeEntries,
} from './catalogue/claim-entries.ts';
import type { Entry } from './catalogue/entry.ts';
import { algorithmEntries, shapeEntries, signatureEntries } from './catalogue/format-entries.ts';
import { headerEntries } from './catalogue/header-entries.ts';
import {
  bindingEntries,
  callerEntries,
  grantEntries,
  metadataEntries,
} from './catalogue/identity-entries.ts';
import { door, knock } from './catalogue/knock.ts';

const groups: Readonly<Record<string, readonly Entry[]>> = {
  'the algorithm is the attacker’s': algorithmEntries,
  'the signature is not what it should be': signatureEntries,
  'the token is no compact JWS': shapeEntries,
  'the header says what it must not': headerEntries,
  'the payload is no clean document': payloadEntries,
  'the times are wrong': timeEntries,
  'issuer or tenant are others': issuerEntries,
  'the key may not sign this': keyEntries,
  'the token is for somebody or something else': audienceEntries,
  'nothing was granted': grantEntries,
  'the token stands for others, or is bound': bindingEntries,
  'the caller is of a kind that is not wanted, or signed in too weakly': callerEntries,
  'something else than one token arrives': metadataEntries,
};

/** Parts of a presented value that must appear in nothing that is printed. */
function tell(values: readonly unknown[]): readonly string[] {
  return values
    .flatMap((value) => String(value).split(/[.\s,]+/))
    .filter((part) => part.length >= 12)
    .map((part) => part.slice(-40));
}

async function meets(entry: Entry): Promise<void> {
  const at = await door(entry.options, entry.authority);
  const { requests } = at.world.authority;
  const before = requests.length;
  const values = entry.values?.() ?? [`Bearer ${entry.token?.() ?? mint()}`];
  const answer = await knock(at, values, entry);
  assert.deepEqual([answer.verdict, answer.reason], [entry.verdict, entry.reason]);
  assert.equal(requests.length, before, 'an outbound request was made');
  assert.ok(at.verifications <= (entry.unverified === true ? 0 : 1), 'too many RSA operations');
  for (const part of tell(values)) assert.ok(!answer.output.includes(part), 'a part was printed');
}

async function hasTwin(entry: Entry): Promise<void> {
  const at = await door(entry.options, entry.twinAuthority ?? entry.authority);
  const answer = await knock(at, [`Bearer ${(entry.twin ?? mint)()}`], {
    ...entry,
    ...entry.twinVisit,
  });
  assert.deepEqual([answer.verdict, answer.reason], ['OK', undefined]);
}

for (const [name, entries] of Object.entries(groups)) {
  describe(`the attack catalogue: ${name}`, () => {
    for (const entry of entries) {
      it(`${entry.id} ${entry.verdict}: ${entry.name}`, async () => {
        await meets(entry);
        await hasTwin(entry);
      });
    }
  });
}
