import { constants, createHash, getFips } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ConfigError } from '../core/errors.ts';
import { checkChoice, invalidOption, nearestName } from '../core/options.ts';
import { HYBRID_GROUPS, profiles, type TlsProfile, type TlsVersion } from './profiles.ts';
import { whyRefused } from './refused-names.ts';

/** A TLS policy: a named profile, and what to leave out of it. Nothing can be added to a profile. */
export interface TlsPolicyOptions {
  /** Default: `intermediate`. */
  readonly profile?: TlsProfile;
  /** Raises the profile's lowest version. */
  readonly minVersion?: TlsVersion;
  /** Suites to keep of the profile's, by OpenSSL name, in order of preference. */
  readonly ciphers?: readonly string[];
  /** Groups to keep of the profile's, in order of preference. */
  readonly groups?: readonly string[];
  /** Signature algorithms to keep of the profile's. */
  readonly signatureAlgorithms?: readonly string[];
}

/** Names of {@link TlsPolicyOptions}, for the check of the larger options they are part of. */
export const TLS_POLICY_OPTIONS: readonly string[] = [
  'profile',
  'minVersion',
  'ciphers',
  'groups',
  'signatureAlgorithms',
];

/** A policy, resolved to exact lists. */
export interface TlsPolicy {
  readonly profile: TlsProfile;
  readonly minVersion: TlsVersion;
  readonly ciphers: readonly string[];
  readonly groups: readonly string[];
  readonly signatureAlgorithms: readonly string[];
  readonly serverOrder: boolean;
}

const VERSIONS: readonly TlsVersion[] = ['TLSv1.2', 'TLSv1.3'];

/** OpenSSL 3.5 brought the hybrid groups; an older one refuses the whole list when it holds one. */
function hasHybridGroups(): boolean {
  const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 5);
}

/** Keeps what was asked for, after checking each name against what the profile allows, not against OpenSSL, which drops unknown names silently. */
function subset(
  where: string,
  asked: readonly string[] | undefined,
  allowed: readonly string[],
): readonly string[] {
  if (asked === undefined) return Object.freeze([...allowed]);
  if (!Array.isArray(asked) || asked.length === 0) {
    throw invalidOption(where, 'a list with at least one name', asked);
  }
  for (const name of asked) {
    if (allowed.includes(name)) continue;
    const shown = String(name).slice(0, 60);
    const meant = nearestName(shown, allowed);
    const why =
      whyRefused(shown) ??
      `is not in this profile${meant === undefined ? '' : `, did you mean "${meant}"?`}`;
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where}: "${shown}" ${why}${why.endsWith('?') ? '' : '.'} Allowed: ${allowed.join(', ')}`,
    );
  }
  return Object.freeze([...new Set(asked)]);
}

function checkVersion(where: string, asked: unknown, lowest: TlsVersion): TlsVersion {
  if (asked === undefined) return lowest;
  if (asked === 'TLSv1' || asked === 'TLSv1.1') {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where} "${asked}" is not allowed; use "TLSv1.2" or "TLSv1.3" (RFC 8996 retired 1.0 and 1.1)`,
    );
  }
  const version = checkChoice(where, asked, VERSIONS);
  if (version === 'TLSv1.2' && lowest === 'TLSv1.3') {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where} "TLSv1.2" is below the profile's "TLSv1.3"; use profile "intermediate" for TLS 1.2`,
    );
  }
  return version;
}

/** `crypto.setFips(true)` succeeds on builds that cannot do it, so the claim is tested, not read. */
function checkFips(where: string): void {
  try {
    if (getFips() === 1) {
      createHash('sha256').update('').digest();
      createSecureContext();
      return;
    }
  } catch {
    // The provider is named but missing: same refusal.
  }
  throw new ConfigError(
    'ERR_OPTION_INVALID',
    `${where} "fips" needs a Node build with a FIPS provider, started with --enable-fips; this one has none`,
  );
}

function profileGroups(where: string, profile: TlsProfile): readonly string[] {
  const { groups } = profiles[profile];
  if (hasHybridGroups()) return groups;
  const usable = groups.filter((group) => !HYBRID_GROUPS.includes(group));
  if (usable.length === 0) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where} "${profile}" needs OpenSSL 3.5 for its groups; this Node has ${process.versions.openssl}: use Node 24 or newer`,
    );
  }
  return usable;
}

/**
 * Resolves a policy to exact lists.
 *
 * @param where - Start of option names in messages, for example `createServer tls`.
 * @throws ConfigError `ERR_OPTION_INVALID` for a name outside the profile, with the nearest allowed one.
 */
export function resolveTlsPolicy(where: string, options: TlsPolicyOptions): TlsPolicy {
  const profile = checkChoice(
    `${where}.profile`,
    options.profile,
    Object.keys(profiles) as TlsProfile[],
    'intermediate',
  );
  if (profile === 'fips') checkFips(`${where}.profile`);
  const settings = profiles[profile];
  const minVersion = checkVersion(`${where}.minVersion`, options.minVersion, settings.minVersion);
  const allowed =
    minVersion === 'TLSv1.3'
      ? settings.tls13Suites
      : [...settings.tls13Suites, ...settings.tls12Suites];
  const ciphers = subset(`${where}.ciphers`, options.ciphers, allowed);
  if (!ciphers.some((name) => settings.tls13Suites.includes(name))) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where}.ciphers has no TLS 1.3 suite, and OpenSSL would add its own; keep one of ${settings.tls13Suites.join(', ')}`,
    );
  }
  return Object.freeze({
    profile,
    minVersion,
    ciphers,
    groups: subset(`${where}.groups`, options.groups, profileGroups(`${where}.profile`, profile)),
    signatureAlgorithms: subset(
      `${where}.signatureAlgorithms`,
      options.signatureAlgorithms,
      settings.signatureAlgorithms,
    ),
    serverOrder: settings.serverOrder,
  });
}

/**
 * The whole policy as context options. Given in full at creation and at every reload, because a reload resets what
 * is not repeated; given at all, because every option left out can be lowered by an environment variable or flag.
 */
export function secureContextOptions(policy: TlsPolicy): SecureContextOptions {
  const hasTls12 = policy.ciphers.some((name) => !name.startsWith('TLS_'));
  // A list without any TLS 1.2 name makes "@SECLEVEL=2" illegal syntax; the version bound keeps 1.2 shut.
  const names = hasTls12
    ? policy.ciphers
    : [...policy.ciphers, ...profiles.intermediate.tls12Suites];
  return {
    minVersion: policy.minVersion,
    maxVersion: 'TLSv1.3',
    ciphers: `${names.join(':')}:@SECLEVEL=2`,
    ecdhCurve: policy.groups.join(':'),
    sigalgs: policy.signatureAlgorithms.join(':'),
    honorCipherOrder: policy.serverOrder,
    // No tickets: a resumed session skips the client certificate's check, across CA changes and SNI contexts.
    // No renegotiation: RFC 9113 section 9.2.1.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}
