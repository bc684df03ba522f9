import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MetricLabels, Metrics } from '#src/core/metrics.ts';
import { KeyDocumentError } from '#src/token/key-set.ts';
import { accepts, refuses, tokenWorld, verdict } from '../support/token-world.ts';
import { mint, NOW, TENANT, testKey } from '../support/tokens.ts';

/** Notes down measurements as lines. */
function collector(): { readonly metrics: Metrics; readonly lines: string[] } {
  const lines: string[] = [];
  const write = (name: string, labels: MetricLabels = {}): void => {
    const sorted = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
    lines.push([name, ...sorted].join(' '));
  };
  return {
    lines,
    metrics: {
      counter: write,
      gauge: (name, value, labels) => write(`${name} ${value}`, labels),
      histogram: (name, value, labels) => {
        assert.ok(value >= 0, 'time ran backwards');
        write(name, labels);
      },
    },
  };
}

const HOST = 'authority=login.microsoftonline.com version=2.0';

describe('measurements', () => {
  it('E3 count verdicts by reason and by memory, and time those not remembered', async () => {
    const { metrics, lines } = collector();
    const world = tokenWorld({ metrics });
    await world.validator.ready();
    assert.deepEqual(lines.splice(0), [
      `grpc_entra.keys.refreshes ${HOST} outcome=success`,
      `grpc_entra.keys.refresh_ms ${HOST} outcome=success`,
      `grpc_entra.keys.count 1 ${HOST}`,
      `grpc_entra.keys.age_seconds 0 ${HOST}`,
    ]);
    await accepts(world, mint({ claims: { uti: 'a' } }));
    await accepts(world, mint({ claims: { uti: 'a' } }));
    await refuses(world, mint({ claims: { exp: NOW - 60 } }), 'expired');
    await refuses(world, 'x', 'opaque_token');
    assert.deepEqual(lines, [
      'grpc_entra.token.validations outcome=accepted cache=miss',
      'grpc_entra.token.validation_ms outcome=accepted',
      'grpc_entra.token.validations outcome=accepted cache=hit',
      'grpc_entra.token.validations outcome=expired cache=miss',
      'grpc_entra.token.validation_ms outcome=expired',
      'grpc_entra.token.validations outcome=opaque_token cache=miss',
      'grpc_entra.token.validation_ms outcome=opaque_token',
    ]);
  });

  it('E3 count what was denied after it was verified, and what waited for keys', async () => {
    const { metrics, lines } = collector();
    const world = tokenWorld({ metrics });
    const device = mint({ claims: { xms_idrel: '9' } });
    await assert.rejects(world.validator.validate(device), { reason: 'device_not_admitted' });
    const token = mint();
    await Promise.all([world.validator.validate(token), world.validator.validate(token)]);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('grpc_entra.token.validations')),
      [
        'grpc_entra.token.validations outcome=device_not_admitted cache=miss',
        'grpc_entra.token.validations outcome=accepted cache=miss',
        'grpc_entra.token.validations outcome=accepted cache=hit',
      ],
    );
  });

  it('E3 count fetches that fail, and unknown keys that cause none', async () => {
    const { metrics, lines } = collector();
    const world = tokenWorld({ metrics });
    await world.validator.ready();
    await refuses(world, mint({ key: testKey('new') }), 'key_id_unknown');
    world.authority.fail = () => new KeyDocumentError('no answer');
    await world.timers.pass(3_600_000);
    assert.ok(lines.includes(`grpc_entra.keys.unknown ${HOST}`));
    assert.ok(lines.includes(`grpc_entra.keys.refreshes ${HOST} outcome=failure`));
    assert.ok(lines.includes(`grpc_entra.keys.age_seconds 3600 ${HOST}`));
  });

  it('E3 refuse nobody when they throw', async () => {
    const fail = (): never => {
      throw new Error('monitoring is down');
    };
    const world = tokenWorld({ metrics: { counter: fail, histogram: fail, gauge: fail } });
    await accepts(world, mint());
    assert.equal(await verdict(world, 'x'), 'opaque_token');
  });

  it('E3 never carry anything from a token, however many pass through', async () => {
    const { metrics, lines } = collector();
    const world = tokenWorld({ metrics });
    await world.validator.ready();
    for (let i = 0; i < 200; i++) {
      const header = { kid: `kid-${i}`, alg: i % 2 === 0 ? 'RS256' : `alg-${i}` };
      await verdict(world, mint({ header, signature: 'AAAA', claims: { iss: `issuer-${i}` } }));
    }
    assert.ok(new Set(lines).size <= 9, 'label values grow with tokens');
  });
});

describe('the state of a validator', () => {
  it('2.5 tells age, number and generation of keys, and what is remembered', async () => {
    const world = tokenWorld();
    const empty = { authority: 'login.microsoftonline.com', tenant: TENANT, version: '2.0' };
    assert.deepEqual(world.validator.state(), {
      keySets: [
        { ...empty, usable: false, ageSeconds: undefined, keys: 0, generation: 0, waiting: 0 },
      ],
      rememberedTokens: 0,
      rememberedBytes: 0,
    });
    await accepts(world, mint());
    world.clock.advance(90_000);
    const { keySets, rememberedTokens, rememberedBytes } = world.validator.state();
    assert.deepEqual(keySets, [
      { ...empty, usable: true, ageSeconds: 90, keys: 1, generation: 1, waiting: 0 },
    ]);
    assert.equal(rememberedTokens, 1);
    assert.ok(rememberedBytes > 1000);
    world.clock.advance(25 * 3_600_000);
    assert.equal(world.validator.state().keySets[0]?.usable, false);
  });
});
