import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTokenValidator, type TokenValidatorOptions } from 'grpc-entra/token';
import { ConfigError, type ConfigErrorCode } from '#src/core/errors.ts';
import { resolveOptions } from '#src/token/options.ts';
import { PERSONAL_TENANT } from '#src/token/policy.ts';
import { OPTIONS } from '../support/token-world.ts';
import { API_ID, OTHER_TENANT, TENANT } from '../support/tokens.ts';

/** Options as JavaScript callers give them: of any type. */
const create = (changes: object): void => {
  createTokenValidator({ ...OPTIONS, ...changes } as TokenValidatorOptions).close();
};

const refusals: readonly (readonly [string, object, RegExp, ConfigErrorCode?])[] = [
  ['I4b', { tenantId: 'common' }, /"common" accepts tokens of tenants you do not know/],
  ['I4b', { tenantId: 'organizations' }, /allowedTenants/],
  ['I4b', { tenantId: 'consumers' }, /allowedTenants/],
  ['I4b', { tenantId: 'contoso.onmicrosoft.com' }, /tenantId must be a GUID/],
  ['I4b', { tenantId: '' }, /tenantId must be a GUID/],
  ['I4b', { tenantId: undefined }, /tenantId must be a GUID/],
  ['I4b', { tenantId: null }, /tenantId must be a GUID/],
  ['I4b', { tenantId: '00000000-0000-0000-0000-000000000000' }, /tenantId must be a GUID/],
  ['I4b', { tenantId: [TENANT] }, /tenantId must be an object/],
  ['I6', { tenantId: {} }, /array of tenant GUIDs/],
  ['I6', { tenantId: { allowedTenants: [] } }, /array of tenant GUIDs/],
  ['I6', { tenantId: { allowedTenants: TENANT } }, /array of tenant GUIDs/],
  ['I6', { tenantId: { allowedTenants: [TENANT, 'common'] } }, /allowedTenants\[1\]/],
  ['I6', { tenantId: { allowAnyTenant: false } }, /allowAnyTenant: true/],
  ['I6', { tenantId: { allowAnyTenant: true, allowedTenants: [TENANT] } }, /allowAnyTenant: true/],
  [
    'I6',
    { tenantId: { allowTenants: [TENANT] } },
    /did you mean "allowedTenants"/,
    'ERR_OPTION_UNKNOWN',
  ],
  ['I7', { tenantId: PERSONAL_TENANT }, /personal accounts/],
  ['I7', { tenantId: { allowedTenants: [TENANT, PERSONAL_TENANT] } }, /personal accounts/],
  ['I7', { tenantId: { allowAnyTenant: true, allowPersonalAccounts: 'yes' } }, /true or false/],
  ['P1', { binding: 'on' }, /binding must be one of "off", "optional", "required"/],
  ['P1', { binding: true }, /binding must be one of/],
  ['Z7', { guests: false }, /guests must be one of "allow", "deny"/],
  ['Z7', { devices: 'yes' }, /devices must be one of/],
  ['C13', { agents: 'allowed' }, /agents must be one of .* did you mean "allow"/],
  ['X4', { isRevoked: new Set() }, /isRevoked must be a function/],
  ['E3', { metrics: null }, /metrics must be an object with counter, histogram and gauge/],
  ['E3', { metrics: () => {} }, /metrics must be an object/],
  ['E3', { metrics: { counter: () => {}, histogram: () => {} } }, /metrics must be an object/],
  ['E3', { metrics: { histogram: () => {}, gauge: () => {} } }, /metrics must be an object/],
  ['E3', { metrics: { counter: () => {}, gauge: () => {} } }, /metrics must be an object/],
  ['A1', { clientId: undefined }, /clientId must be a GUID/],
  ['A1', { clientId: 'api://orders' }, /clientId must be a GUID/],
  ['A7', { clientId: '00000003-0000-0000-c000-000000000000' }, /service of Microsoft/],
  ['A7', { clientId: '00000002-0000-0000-C000-000000000000' }, /service of Microsoft/],
  ['A7', { clientId: '797f4846-ba00-4fd7-ba43-dac1f8f63013' }, /service of Microsoft/],
  ['A7', { clientId: 'cfa8b339-82a2-471a-a3c9-0fc0be7a4093' }, /service of Microsoft/],
  ...[
    'https://graph.microsoft.com',
    'https://graph.microsoft.com/.default',
    'HTTPS://GRAPH.MICROSOFT.COM/',
    'https://graph.microsoft.us',
    'https://dod-graph.microsoft.us',
    'https://microsoftgraph.chinacloudapi.cn',
    'https://graph.windows.net/',
    'https://graph.microsoftazure.us/',
    'https://graph.chinacloudapi.cn/',
    'https://management.azure.com/',
    'https://management.core.windows.net/',
    'https://management.usgovcloudapi.net',
    'https://management.core.usgovcloudapi.net',
    'https://management.chinacloudapi.cn',
    'https://management.core.chinacloudapi.cn',
    'https://vault.azure.net',
    'https://vault.usgovcloudapi.net',
    'https://vault.azure.cn',
    'api://AzureADTokenExchange',
    'api://AzureADTokenExchangeUSGov',
    `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`,
    'https://login.microsoftonline.us/x',
    'https://login.partner.microsoftonline.cn/x',
    'https://login.chinacloudapi.cn/x',
    'https://login.windows.net/x',
    'https://login.microsoft.com/x',
    'https://sts.windows.net/x',
    'https://sts.chinacloudapi.cn/x',
    '00000003-0000-0000-c000-000000000000',
  ].map(
    (item) =>
      [
        'A7',
        { tokenVersions: ['1.0'], v1Audiences: ['api://a', item] },
        /v1Audiences\[1\] names a service/,
      ] as const,
  ),
  ['A4', { v1Audiences: ['api://orders'] }, /tokenVersions does not contain '1.0'/],
  ['A4', { tokenVersions: ['1.0'], v1Audiences: 'api://orders' }, /array of App ID URIs/],
  ['A4', { tokenVersions: ['1.0'], v1Audiences: [''] }, /v1Audiences\[0\]/],
  ['I2', { tokenVersions: [] }, /array of '1.0' and '2.0'/],
  ['I2', { tokenVersions: '2.0' }, /array of '1.0' and '2.0'/],
  ['I2', { tokenVersions: ['2.0', '3.0'] }, /array of '1.0' and '2.0'/],
  ['I2', { tokenVersions: ['3.0'] }, /array of '1.0' and '2.0'/],
  ['T5', { clockSkewSeconds: -1 }, /from 0 to 300/],
  ['T5', { clockSkewSeconds: 301 }, /from 0 to 300/],
  ['T5', { clockSkewSeconds: Number.POSITIVE_INFINITY }, /from 0 to 300/],
  ['M7', { maxTokenBytes: 1023 }, /from 1024 to 65536/],
  ['M7', { maxTokenBytes: 65_537 }, /from 1024 to 65536/],
  ['T4', { maxTokenLifetimeSeconds: 299 }, /from 300/],
  ['T4', { maxTokenLifetimeSeconds: 604_801 }, /to 604800/],
  ['T6', { maxTokenAgeSeconds: 59 }, /from 60/],
  ['T6', { maxTokenAgeSeconds: 604_801 }, /to 604800/],
  ['C6c', { requireIdtyp: 1 }, /true or false/],
  ['C5', { requireCertificateClient: 'no' }, /true or false/],
  ['H2b', { allowMissingTyp: 0 }, /true or false/],
  ['K7', { useAppSpecificKeys: 0 }, /true or false/],
  ['2.5', { keys: { refreshMinutes: 4 } }, /from 5 to 1440/],
  ['2.5', { keys: { lastKnownGoodHours: 73 } }, /from 1 to 72/],
  ['2.5', { keys: { unknownKeyCooldownSeconds: 29 } }, /from 30 to 3600/],
  ['2.5', { keys: { refresh: 5 } }, /unknown option "refresh"/, 'ERR_OPTION_UNKNOWN'],
  ['2.5', { keys: { failFast: 1 } }, /true or false/],
  ['4.3', { cache: { maxEntries: 1_000_001 } }, /from 0 to 1000000/],
  ['4.3', { cache: { maxAgeSeconds: 0 } }, /from 1 to 3600/],
  ['4.3', { cache: { entries: 5 } }, /unknown option "entries"/, 'ERR_OPTION_UNKNOWN'],
  ['', { audience: 'x' }, /unknown option "audience"/, 'ERR_OPTION_UNKNOWN'],
  ['', { clientID: API_ID }, /did you mean "clientId"/, 'ERR_OPTION_UNKNOWN'],
  ['', { authority: null }, /authority must be one of/],
  ['', { authority: 'globl' }, /did you mean "global"/],
];

describe('options of a validator', () => {
  for (const [rule, changes, message, code = 'ERR_OPTION_INVALID'] of refusals) {
    it(`${rule} are refused with ${JSON.stringify(changes)}`.trim(), () => {
      assert.throws(
        () => create(changes),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.equal(error.code, code);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it('are refused when they are none', () => {
    assert.throws(() => createTokenValidator(Object(7) && (null as never)), {
      code: 'ERR_OPTION_INVALID',
    });
  });

  it('are accepted at their bounds, all of them at once', () => {
    create({
      tenantId: {
        allowedTenants: [TENANT, OTHER_TENANT, PERSONAL_TENANT],
        allowPersonalAccounts: true,
      },
      clientId: API_ID.toUpperCase(),
      authority: 'usgov',
      v1Audiences: [
        'api://orders',
        'https://orders.example.com/',
        'https://graph.microsoft.com.contoso.com',
      ],
      tokenVersions: ['1.0', '2.0'],
      clockSkewSeconds: 300,
      maxTokenBytes: 65_536,
      maxTokenLifetimeSeconds: 604_800,
      maxTokenAgeSeconds: 60,
      requireIdtyp: true,
      requireCertificateClient: true,
      allowMissingTyp: true,
      useAppSpecificKeys: true,
      binding: 'required',
      guests: 'deny',
      devices: 'allow',
      agents: 'allow',
      isRevoked: () => false,
      metrics: { counter: () => {}, histogram: () => {}, gauge: () => {} },
      keys: {
        refreshMinutes: 5,
        lastKnownGoodHours: 72,
        unknownKeyCooldownSeconds: 30,
        initialKeysFile: undefined,
        failFast: true,
      },
      cache: { maxEntries: 1_000_000, maxAgeSeconds: 3600 },
      clock: { now: () => 0, monotonic: () => 0 },
      logger: console,
    });
    create({
      clockSkewSeconds: 0,
      maxTokenBytes: 1024,
      cache: { maxEntries: 0, maxAgeSeconds: 1 },
    });
    create({ tenantId: { allowAnyTenant: true, allowPersonalAccounts: true } });
    create({ tenantId: TENANT.toUpperCase(), v1Audiences: undefined });
  });

  it('have the documented defaults', () => {
    const { policy, lifecycle, cache, cacheMaxAgeMs, useAppSpecificKeys } = resolveOptions(OPTIONS);
    assert.deepEqual(
      [
        policy.clockSkewSeconds,
        policy.maxTokenBytes,
        policy.maxTokenLifetimeSeconds,
        policy.maxTokenAgeSeconds,
      ],
      [60, 16_384, 104_400, Number.POSITIVE_INFINITY],
    );
    assert.deepEqual([...policy.versions], ['2.0']);
    assert.deepEqual([...policy.v1Audiences], [API_ID]);
    assert.deepEqual(
      [
        policy.requireIdtyp,
        policy.requireCertificateClient,
        policy.allowMissingTyp,
        useAppSpecificKeys,
      ],
      [false, false, false, false],
    );
    assert.equal(policy.binding, 'off');
    assert.deepEqual(policy.callers, { guests: 'allow', devices: 'deny', agents: 'deny' });
    assert.deepEqual(lifecycle, {
      refreshMs: 3_600_000,
      lastKnownGoodMs: 86_400_000,
      unknownKeyCooldownMs: 300_000,
      initialKeys: undefined,
      failFast: false,
    });
    assert.deepEqual(cache, { maxEntries: 10_000, maxWeight: 16 * 1024 * 1024, maxPerCaller: 32 });
    assert.equal(cacheMaxAgeMs, 300_000);
    const large = resolveOptions({ ...OPTIONS, cache: { maxEntries: 20_000 } });
    assert.equal(large.cache.maxWeight, 32 * 1024 * 1024);
  });
});
