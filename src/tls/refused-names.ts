import { HYBRID_GROUPS } from './profiles.ts';

/** Why a name of OpenSSL's is in none of our lists, for those that are asked for most. First match counts. */
const reasons: readonly (readonly [pattern: RegExp, why: string])[] = [
  [
    /[@!+]|^(ALL|HIGH|MEDIUM|LOW|DEFAULT|COMPLEMENTOF\w+|[ae]NULL|k\w+|a[A-Z]\w+)$/,
    'is an OpenSSL keyword; name each suite',
  ],
  [/NULL/, 'does not encrypt'],
  [/^(ADH|AECDH)-/, 'does not authenticate the server'],
  [/RC4|DES|SEED|IDEA|CAMELLIA.*SHA|MD5/, 'is broken or retired (RFC 9325 section 4.1)'],
  [/CCM8|CCM_8/, 'has tags of 64 bits only (RFC 9325 section 4.2)'],
  [/^(DHE|EDH)-/, 'uses finite-field Diffie-Hellman; RFC 9325 section 4.2 prefers ECDHE'],
  [/PSK|SRP/, 'authenticates without certificates'],
  [/^ECDH-/, 'has no ephemeral key; RFC 9113 appendix A bars it for HTTP/2'],
  [
    /^(?!ECDHE|TLS_).*(AES|CAMELLIA|ARIA|CHACHA)/,
    'uses static RSA, without forward secrecy; RFC 9113 appendix A bars it for HTTP/2',
  ],
  [/-SHA$/, 'is CBC with SHA-1; RFC 9113 appendix A bars it for HTTP/2'],
  [/-SHA(256|384)$/, 'is CBC; RFC 9113 appendix A bars it for HTTP/2'],
  [/sha1|md5/i, 'signs with a hash that can be forged'],
];
const AEAD = /GCM|POLY1305|CCM/;

/**
 * Says why a suite, group or signature algorithm is refused, where there is more to say than that it is not listed.
 *
 * @returns The end of a sentence that begins with the name.
 */
export function whyRefused(name: string): string | undefined {
  if (HYBRID_GROUPS.includes(name)) {
    return `needs OpenSSL 3.5 (this Node has ${process.versions.openssl})`;
  }
  const found = reasons.find(([pattern]) => pattern.test(name));
  const isAeadBySuffix = found !== undefined && /is CBC/.test(found[1]) && AEAD.test(name);
  return isAeadBySuffix ? undefined : found?.[1];
}
