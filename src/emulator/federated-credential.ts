import type { JSONWebKeySet } from 'jose';
import { createHttpsAgent, httpsRequest } from '../core/https-request.ts';
import { checkChoice, checkOptionNames, checkString, invalidOption } from '../core/options.ts';

/** Where the public keys of another issuer come from. */
export type FederatedKeys =
  | {
      readonly from: 'document';
      /** The key document itself. */
      readonly jwks: JSONWebKeySet;
    }
  | {
      readonly from: 'url';
      /** https address of the key document, asked at every assertion. */
      readonly url: string;
      /** PEM of the only certificates trusted for it. Default: those Node trusts. */
      readonly ca?: string;
    }
  | {
      readonly from: 'function';
      /** Called at every assertion. */
      readonly load: () => JSONWebKeySet | Promise<JSONWebKeySet>;
    };

/** An assertion of another issuer that is accepted for an application: workload identity federation. */
export interface EmulatedFederatedCredential {
  /** Matched exactly, letter case included. */
  readonly issuer: string;
  /** Matched exactly, letter case included. */
  readonly subject: string;
  /** Matched exactly. Default: `api://AzureADTokenExchange`. */
  readonly audience?: string;
  readonly keys: FederatedKeys;
}

/** A federated credential, resolved. */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** The first 100 keys of the issuer: Entra keeps no more. */
  loadKeys(): Promise<JSONWebKeySet>;
}

const MAX_KEYS = 100;

function checkKeySet(where: string, value: unknown): JSONWebKeySet {
  const keys: unknown = (value as { keys?: unknown } | null | undefined)?.keys;
  if (!Array.isArray(keys)) throw invalidOption(where, 'a key document: {"keys": [...]}', value);
  return { keys: (keys as JSONWebKeySet['keys']).slice(0, MAX_KEYS) };
}

async function download(where: string, url: URL, ca: string | undefined): Promise<JSONWebKeySet> {
  const agent = createHttpsAgent(ca);
  try {
    const { body } = await httpsRequest({
      method: 'GET',
      url,
      agent,
      timeoutMs: 5000,
      maxBytes: 1_048_576,
    });
    return checkKeySet(where, JSON.parse(body.toString('utf8')));
  } finally {
    agent.destroy();
  }
}

function loaderOf(where: string, keys: FederatedKeys): FederatedCredential['loadKeys'] {
  checkOptionNames(where, keys, ['from', 'jwks', 'url', 'ca', 'load']);
  checkChoice(`${where}.from`, keys.from, ['document', 'url', 'function']);
  switch (keys.from) {
    case 'document': {
      const jwks = checkKeySet(`${where}.jwks`, keys.jwks);
      return () => Promise.resolve(jwks);
    }
    case 'url': {
      const text = checkString(`${where}.url`, keys.url);
      if (!URL.canParse(text) || new URL(text).protocol !== 'https:') {
        throw invalidOption(`${where}.url`, 'an https address', text);
      }
      const { ca } = keys;
      return () => download(`${where}.url`, new URL(text), ca);
    }
    case 'function': {
      const { load } = keys;
      if (typeof load !== 'function') throw invalidOption(`${where}.load`, 'a function', load);
      return async () => checkKeySet(`${where}.load`, await load());
    }
  }
}

/** Resolves a federated credential. */
export function resolveFederatedCredential(
  where: string,
  input: EmulatedFederatedCredential,
): FederatedCredential {
  checkOptionNames(where, input, ['issuer', 'subject', 'audience', 'keys']);
  return Object.freeze({
    issuer: checkString(`${where} issuer`, input.issuer),
    subject: checkString(`${where} subject`, input.subject),
    audience: checkString(`${where} audience`, input.audience ?? 'api://AzureADTokenExchange'),
    loadKeys: loaderOf(`${where} keys`, input.keys),
  });
}
