import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { Metadata } from '@grpc/grpc-js';
import { asApp } from 'grpc-entra/testing';
import { Secret } from '#src/core/secret.ts';
import { callerOf, recordAdmission, tokenOf } from '#src/server/caller-of.ts';

const caller = asApp({ roles: ['Orders.Read'] });
const token = new Secret('a.b.c');

describe('what the gate decided about a call', () => {
  it('is on its metadata, not in it: neither printed nor copied', () => {
    const metadata = new Metadata();
    recordAdmission(metadata, { kind: 'caller', caller, token });
    assert.equal(callerOf({ metadata }), caller);
    assert.equal(tokenOf({ metadata }), token);
    assert.deepEqual(Reflect.ownKeys(metadata), Reflect.ownKeys(new Metadata()));
    assert.ok(!inspect(metadata, { showHidden: true, depth: 9 }).includes(caller.tenantId));
    assert.throws(() => callerOf({ metadata: metadata.clone() }), { message: /passed no gate/ });
  });

  it('is replaced by a later decision, as where two gates stand behind each other', () => {
    const metadata = new Metadata();
    recordAdmission(metadata, { kind: 'public' });
    assert.throws(() => callerOf({ metadata }), { message: /has no caller/ });
    recordAdmission(metadata, { kind: 'caller', caller, token: undefined });
    assert.equal(callerOf({ metadata }), caller);
  });
});
