import { ConfigError } from '../core/errors.ts';
import { checkGuid, checkString, invalidOption } from '../core/options.ts';
import type { Authority } from '../entra/authority.ts';

const HINT = 'the application (client) id of the API on the overview page of its registration';

/** Application ids of Microsoft's own services. */
const FOREIGN_CLIENT_IDS: readonly string[] = [
  '00000003-0000-0000-c000-000000000000', // Microsoft Graph
  '00000002-0000-0000-c000-000000000000', // Azure AD Graph
  '797f4846-ba00-4fd7-ba43-dac1f8f63013', // Azure Resource Manager
  'cfa8b339-82a2-471a-a3c9-0fc0be7a4093', // Azure Key Vault
];

/** Ends of the hosts in App ID URIs of Microsoft's own services and in addresses of its token endpoints. */
const FOREIGN_HOSTS: readonly string[] = [
  'graph.microsoft.com',
  'graph.microsoft.us',
  'dod-graph.microsoft.us',
  'microsoftgraph.chinacloudapi.cn',
  'graph.windows.net',
  'graph.microsoftazure.us',
  'graph.chinacloudapi.cn',
  'management.azure.com',
  'management.core.windows.net',
  'management.usgovcloudapi.net',
  'management.core.usgovcloudapi.net',
  'management.chinacloudapi.cn',
  'management.core.chinacloudapi.cn',
  'vault.azure.net',
  'vault.usgovcloudapi.net',
  'vault.azure.cn',
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
  'login.windows.net',
  'login.microsoft.com',
  'sts.windows.net',
  'sts.chinacloudapi.cn',
];

/** Audience of tokens that are exchanged for others, in its spelling for every cloud. */
const TOKEN_EXCHANGE = 'api://azureadtokenexchange';

function isForeign(audience: string): boolean {
  const lower = audience.toLowerCase();
  const host = URL.canParse(lower) ? new URL(lower).hostname : '';
  return (
    FOREIGN_CLIENT_IDS.includes(lower) ||
    FOREIGN_HOSTS.includes(host) ||
    lower.startsWith(TOKEN_EXCHANGE)
  );
}

function refuseForeign(where: string, audience: string): string {
  if (!isForeign(audience)) return audience;
  throw new ConfigError(
    'ERR_OPTION_INVALID',
    `${where} names a service of Microsoft: whoever holds a token for it could call this API; ` +
      "give this API's own application (client) id or App ID URI",
  );
}

/**
 * Checks the client id that tokens must be for (rules A1, A7).
 *
 * @throws {@link ConfigError} for what is no GUID or is the id of a service of Microsoft.
 */
export function resolveClientId(value: unknown): string {
  return refuseForeign('clientId', checkGuid('clientId', value, HINT));
}

/**
 * Checks the App ID URIs that v1.0 tokens may be for (rules A4, A7).
 *
 * @throws {@link ConfigError} for one that belongs to a service of Microsoft, and for any where v1.0 tokens are refused
 * anyway: the reader of such a configuration would believe that it has an effect.
 */
export function resolveV1Audiences(
  value: unknown,
  versions: ReadonlySet<unknown>,
  { profile }: Authority,
): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalidOption('v1Audiences', 'an array of App ID URIs', value);
  if (profile === 'b2c') {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      'v1Audiences is given, but tokens of Azure AD B2C are for the client id; leave it out',
    );
  }
  if (!versions.has('1.0')) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      "v1Audiences is given, but tokenVersions does not contain '1.0', and v2.0 tokens are for the client id; " +
        "add '1.0' to tokenVersions, or leave v1Audiences out",
    );
  }
  return value.map((item: unknown, i) =>
    refuseForeign(`v1Audiences[${i}]`, checkString(`v1Audiences[${i}]`, item)),
  );
}
