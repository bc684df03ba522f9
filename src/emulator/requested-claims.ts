import type { TokenChanges } from './mint.ts';

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
}

/**
 * What a client asks for with `claims` (OpenID Connect Core section 5.5), as far as servers go by it: that it answers
 * challenges, and for a user the authentication context, which everybody satisfies here.
 */
export function requestedClaims(
  form: URLSearchParams,
  kind: 'app' | 'user',
): TokenChanges['claims'] & {} {
  const wanted = member(parsed(form.get('claims')), 'access_token');
  const capabilities = member(member(wanted, 'xms_cc'), 'values');
  const context = member(member(wanted, 'acrs'), 'value');
  return {
    ...(Array.isArray(capabilities) && capabilities.includes('cp1') ? { xms_cc: ['cp1'] } : {}),
    ...(kind === 'user' && typeof context === 'string' ? { acrs: [context] } : {}),
  };
}
