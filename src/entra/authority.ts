import { readFileSync } from 'node:fs';
import { ConfigError } from '../core/errors.ts';
import { checkChoice, checkOptionNames, checkString, invalidOption } from '../core/options.ts';
import {
  b2cAcquiresNothing,
  type CiamAuthority,
  ciamHost,
  resolveCiam,
} from './customer-authority.ts';

/** The Microsoft clouds, by the names Microsoft uses. */
export type Cloud = 'global' | 'usgov' | 'china';

/** An Entra emulator on this machine, in place of Microsoft's cloud. Refused where `NODE_ENV` is `production`. */
export type EmulatorAuthority = {
  /** Origin on loopback, for example `https://localhost:8444`. */
  readonly emulator: string;
} & (
  | {
      /** PEM file of the certificate the emulator presents, or of its issuer. */
      readonly caFile: string;
    }
  | {
      /** The same as PEM text. */
      readonly ca: string;
    }
);

/** Who issues tokens: one of Microsoft's clouds, a tenant of customers, or an emulator. */
export type AuthorityOption = Cloud | CiamAuthority | EmulatorAuthority;

/**
 * What makes the tokens: Entra ID for staff and partners, External ID or Azure AD B2C for customers. Issuers, addresses
 * and claims differ between them.
 */
export type AuthorityProfile = 'workforce' | 'ciam' | 'b2c';

/** An authority, resolved: every address and issuer follows from it, none from a token. */
export interface Authority {
  readonly profile: AuthorityProfile;
  /** Scheme, host and port, for example `https://login.microsoftonline.com`. */
  readonly origin: string;
  /** Hosts (with port) that may serve this authority's documents. */
  readonly hosts: readonly string[];
  /** Start of v1.0 issuers up to the tenant, for example `https://sts.windows.net/`; `undefined` where there are none. */
  readonly v1IssuerBase: string | undefined;
  /** B2C policies whose tokens are accepted. */
  readonly policies: readonly string[];
  /** What signing keys and metadata of this cloud say in `cloud_instance_name`. */
  readonly cloudInstanceName: string | undefined;
  /** PEM of the only certificates trusted for it; `undefined` means those Node trusts. */
  readonly ca: string | undefined;
  /** Whether it is an emulator. */
  readonly isEmulator: boolean;
}

const MICROSOFT = {
  profile: 'workforce',
  policies: [],
  ca: undefined,
  isEmulator: false,
} as const;

const CLOUDS: Readonly<Record<Cloud, Omit<Authority, keyof typeof MICROSOFT>>> = {
  global: {
    origin: 'https://login.microsoftonline.com',
    hosts: [
      'login.microsoftonline.com',
      'login.windows.net',
      'login.microsoft.com',
      'sts.windows.net',
    ],
    v1IssuerBase: 'https://sts.windows.net/',
    cloudInstanceName: 'microsoftonline.com',
  },
  usgov: {
    origin: 'https://login.microsoftonline.us',
    hosts: ['login.microsoftonline.us', 'login.usgovcloudapi.net'],
    v1IssuerBase: 'https://sts.windows.net/',
    cloudInstanceName: 'microsoftonline.us',
  },
  china: {
    origin: 'https://login.partner.microsoftonline.cn',
    hosts: ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn'],
    v1IssuerBase: 'https://sts.chinacloudapi.cn/',
    cloudInstanceName: 'partner.microsoftonline.cn',
  },
};

const CLOUD_NAMES: readonly Cloud[] = ['global', 'usgov', 'china'];
const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Whether a name in a URL means this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK_HOSTS.includes(hostname);
}

function readCa(where: string, option: EmulatorAuthority): string {
  if ('ca' in option) return checkString(where, option.ca.trim());
  try {
    return readFileSync(checkString(`${where}File`, option.caFile), 'utf8');
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(
      'ERR_FILE_UNREADABLE',
      `${where}File "${option.caFile}" cannot be read; give the PEM file that the emulator printed at its start`,
      { cause },
    );
  }
}

function resolveEmulator(where: string, option: EmulatorAuthority): Authority {
  checkOptionNames(where, option, ['emulator', 'caFile', 'ca']);
  const text = checkString(`${where}.emulator`, option.emulator);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    url.protocol !== 'https:' ||
    !isLoopbackHost(url.hostname) ||
    text !== url.origin
  ) {
    throw new ConfigError(
      'ERR_EMULATOR_FORBIDDEN',
      `${where}.emulator must be an https origin on this machine such as "https://localhost:8444", without a path; ` +
        'for a real tenant leave `authority` out',
    );
  }
  if (process.env['NODE_ENV'] === 'production') {
    throw new ConfigError(
      'ERR_EMULATOR_FORBIDDEN',
      `${where} names an emulator, whose tokens anybody can mint, and NODE_ENV is "production"; ` +
        'leave `authority` out to use Microsoft Entra',
    );
  }
  if (!('ca' in option) && !('caFile' in option)) {
    throw invalidOption(`${where}.caFile`, 'the PEM file of the emulator certificate', undefined);
  }
  return Object.freeze({
    ...MICROSOFT,
    origin: url.origin,
    hosts: [url.host],
    v1IssuerBase: `${url.origin}/sts/`,
    cloudInstanceName: undefined,
    ca: readCa(`${where}.ca`, option),
    isEmulator: true,
  });
}

/**
 * Resolves the authority option.
 *
 * @param where - Name of the option in messages, for example `entra.authority`.
 * @param option - Absent: the global cloud.
 * @throws {@link ConfigError} for an unknown cloud, for an emulator elsewhere than on loopback, and for any
 * emulator in production.
 */
export function resolveAuthority(where: string, option: AuthorityOption | undefined): Authority {
  if (typeof option === 'object' && option !== null) {
    if ('b2c' in option) throw b2cAcquiresNothing(where);
    return 'ciam' in option ? resolveCiam(where, option) : resolveEmulator(where, option);
  }
  const cloud = checkChoice(where, option, CLOUD_NAMES, 'global');
  return Object.freeze({ ...MICROSOFT, ...CLOUDS[cloud] });
}

/**
 * Issuer of a tenant's tokens of a version. B2C has one form of its own, whatever its tokens say of their version.
 *
 * @param tenantId - Or `{tenantid}`, where a document or a key stands for every tenant.
 */
export function issuerOf(authority: Authority, version: unknown, tenantId: string): string {
  const { profile, origin, v1IssuerBase } = authority;
  if (profile === 'b2c') return `${origin}/${tenantId}/v2.0/`;
  if (profile === 'ciam') return `https://${ciamHost(tenantId)}/${tenantId}/v2.0`;
  // Without a base there are no such tokens, and nothing is equal to an empty issuer that has a tenant in it.
  if (version === '1.0') return v1IssuerBase === undefined ? '' : `${v1IssuerBase}${tenantId}/`;
  return `${origin}/${tenantId}/v2.0`;
}

/**
 * Issuers that a B2C policy can be set to: the tenant's, or one that names the policy. B2C does not tell letter case in
 * names of policies, and lowers them in some places.
 */
export function policyIssuers(
  authority: Authority,
  tenantId: string,
  policy: string,
): readonly string[] {
  const own = (name: string): string => `${authority.origin}/tfp/${tenantId}/${name}/v2.0/`;
  return [issuerOf(authority, '1.0', tenantId), own(policy), own(policy.toLowerCase())];
}

/** Hosts that may serve the documents of a tenant. */
export function documentHosts(authority: Authority, tenantId: string): readonly string[] {
  const { profile, hosts } = authority;
  return profile === 'ciam' ? [...hosts, ciamHost(tenantId)] : hosts;
}

/**
 * Address of a metadata document.
 *
 * @param path - Tenant, or tenant and policy.
 */
export function metadataUrl(authority: Authority, path: string, version: '1.0' | '2.0'): URL {
  const format = version === '2.0' || authority.profile === 'b2c' ? '/v2.0' : '';
  return new URL(`${authority.origin}/${path}${format}/.well-known/openid-configuration`);
}

/** Address of a tenant's token endpoint. It follows from the authority, so no metadata is fetched for it. */
export function tokenUrl(authority: Authority, tenantId: string): URL {
  return new URL(`${authority.origin}/${tenantId}/oauth2/v2.0/token`);
}
