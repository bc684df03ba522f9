import type { TokenCredential } from './token-credential.ts';
import { TokenSource, type TokenSourceOptions } from './token-source.ts';

/** Resources one credential can hold tokens for at once; more push the longest unused out (rule C7). */
const MAX_SCOPES = 1000;

/**
 * Sources by credential and scope, so that channels which share a credential share its tokens. A credential that nobody
 * holds takes its tokens with it.
 */
const sources = new WeakMap<TokenCredential, Map<string, TokenSource>>();

/**
 * The source of a credential's tokens for one scope. Clock, log, metrics and patience are those of whoever asked first.
 */
export function sharedSource(options: TokenSourceOptions): TokenSource {
  const { credential, enableCae } = options;
  // Tokens of both kinds differ in what they say about the client (rule C1).
  const scope = enableCae === true ? `${options.scope} cp1` : options.scope;
  let scopes = sources.get(credential);
  if (scopes === undefined) {
    scopes = new Map();
    sources.set(credential, scopes);
  }
  const known = scopes.get(scope);
  const source = known ?? new TokenSource(options);
  // Put at the end: the first is the longest unused.
  scopes.delete(scope);
  scopes.set(scope, source);
  for (const oldest of scopes.keys()) {
    if (scopes.size <= MAX_SCOPES) break;
    scopes.delete(oldest);
  }
  return source;
}
