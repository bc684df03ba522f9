import { ConfigError } from '../core/errors.ts';
import { checkString } from '../core/options.ts';

const SUFFIX = '/.default';

/**
 * Checks the scope of a client-credentials request here, because Entra's own answer (AADSTS1002012 or 70011) does
 * not say what to write instead.
 *
 * @throws ConfigError `ERR_OPTION_INVALID` unless it is exactly one `<resource>/.default`.
 */
export function checkDefaultScope(where: string, value: unknown): string {
  const scope = checkString(where, value);
  if (/\s/.test(scope)) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where} holds several scopes; an application asks for one "<resource>/.default" and makes one channel a resource`,
    );
  }
  if (!scope.endsWith(SUFFIX) || scope.length === SUFFIX.length) {
    const resource = scope.replace(/\/+$/, '').replace(/\/[^/]*$/, '');
    const guess = resource.includes(':/') && !resource.endsWith('/') ? resource : scope;
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${where} "${scope}" does not end in /.default; app roles are granted in Entra, not asked for by name: ` +
        `write "${guess.replace(/\/+$/, '')}${SUFFIX}"`,
    );
  }
  return scope;
}
