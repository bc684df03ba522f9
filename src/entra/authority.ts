import { readFileSync } from 'node:fs';
import { ConfigError } from '../core/errors.ts';
import { checkChoice, checkOptionNames, checkString, invalidOption } from '../core/options.ts';

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

/** Who issues tokens: one of Microsoft's clouds, or an emulator. */
export type AuthorityOption = Cloud | EmulatorAuthority;

/** An authority, resolved: every address and issuer follows from it, none from a token. */
export interface Authority {
  /** Scheme, host and port, for example `https://login.microsoftonline.com`. */
  readonly origin: string;
  /** Hosts (with port) that may serve this authority's documents. */
  readonly hosts: readonly string[];
  /** Start of v1.0 issuers up to the tenant, for example `https://sts.windows.net/`. */
  readonly v1IssuerBase: string;
  /** What signing keys and metadata of this cloud say in `cloud_instance_name`. */
  readonly cloudInstanceName: string | undefined;
  /** PEM of the only certificates trusted for it; `undefined` means those Node trusts. */
  readonly ca: string | undefined;
  /** Whether it is an emulator. */
  readonly isEmulator: boolean;
}

const CLOUDS: Readonly<Record<Cloud, Omit<Authority, 'ca' | 'isEmulator'>>> = {
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
  if (typeof option === 'object' && option !== null) return resolveEmulator(where, option);
  const cloud = checkChoice(where, option, CLOUD_NAMES, 'global');
  return Object.freeze({ ...CLOUDS[cloud], ca: undefined, isEmulator: false });
}

/** Issuer of a tenant's v2.0 tokens. */
export function issuerV2(authority: Authority, tenantId: string): string {
  return `${authority.origin}/${tenantId}/v2.0`;
}

/** Issuer of a tenant's v1.0 tokens. */
export function issuerV1(authority: Authority, tenantId: string): string {
  return `${authority.v1IssuerBase}${tenantId}/`;
}

/** Address of a tenant's metadata document. */
export function metadataUrl(authority: Authority, tenantId: string, version: '1.0' | '2.0'): URL {
  const path = version === '2.0' ? '/v2.0' : '';
  return new URL(`${authority.origin}/${tenantId}${path}/.well-known/openid-configuration`);
}

/** Address of a tenant's token endpoint. It follows from the authority, so no metadata is fetched for it. */
export function tokenUrl(authority: Authority, tenantId: string): URL {
  return new URL(`${authority.origin}/${tenantId}/oauth2/v2.0/token`);
}
