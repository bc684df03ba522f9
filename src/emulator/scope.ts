import { aadsts, parameterMissing } from './aadsts.ts';
import type { Api } from './apis.ts';
import { type Directory, findResource } from './directory.ts';
import { Refusal } from './refusal.ts';

const DEFAULT_SUFFIX = '/.default';
/** RFC 6749 section 3.3: scope tokens are printable ASCII without quotation mark and backslash. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** Scopes of OpenID Connect, which name no resource. */
const OIDC: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access']);

/** What a request asks for. */
export interface AskedResource {
  readonly api: Api;
  /** The resource as the request wrote it. */
  readonly resource: string;
}

/** What a request on behalf of a user asks for. */
export interface AskedPermissions extends AskedResource {
  /** Names of delegated permissions, or all that were consented to. */
  readonly scopes: readonly string[] | 'default';
  /** Scopes of OpenID Connect among them. */
  readonly oidc: ReadonlySet<string>;
}

function scopesOf(form: URLSearchParams): readonly string[] {
  if (form.has('resource')) throw new Refusal(aadsts.resourceParameter);
  const scopes = (form.get('scope') ?? '').split(/\s+/).filter((scope) => scope !== '');
  if (scopes.length === 0) throw new Refusal(parameterMissing('scope'));
  if (!scopes.every((scope) => SCOPE_TOKEN.test(scope))) throw new Refusal(aadsts.scopeMalformed);
  return scopes;
}

function find(directory: Directory, tenantId: string, resource: string): AskedResource {
  if (resource === '') throw new Refusal(aadsts.scopeMalformed);
  const api = findResource(directory, tenantId, resource);
  if (api === undefined) throw new Refusal(aadsts.resourceUnknown);
  return { api, resource };
}

/**
 * The resource of a client-credentials request: exactly one scope, which ends in `/.default`. A resource whose
 * identifier ends in `/` has two.
 */
export function resourceOfDefaultScope(
  form: URLSearchParams,
  directory: Directory,
  tenantId: string,
): AskedResource {
  const scopes = scopesOf(form);
  if (!scopes.every((scope) => scope.endsWith(DEFAULT_SUFFIX))) {
    throw new Refusal(aadsts.scopeWithoutDefault);
  }
  const [scope = ''] = scopes;
  if (scopes.length > 1) throw new Refusal(aadsts.scopeOfSeveral);
  return find(directory, tenantId, scope.slice(0, -DEFAULT_SUFFIX.length));
}

/** The resource of a v1.0 client-credentials request. */
export function resourceOfParameter(
  form: URLSearchParams,
  directory: Directory,
  tenantId: string,
): AskedResource {
  const resource = form.get('resource') ?? '';
  if (resource === '') throw new Refusal(parameterMissing('resource'));
  return find(directory, tenantId, resource);
}

/** The delegated permissions a request asks for: of one resource, beside those of OpenID Connect (trap T5). */
export function delegatedPermissions(
  form: URLSearchParams,
  directory: Directory,
  tenantId: string,
): AskedPermissions {
  const scopes = scopesOf(form);
  const oidc = new Set(scopes.filter((scope) => OIDC.has(scope)));
  const split = scopes
    .filter((scope) => !OIDC.has(scope))
    .map((scope) => {
      const slash = scope.lastIndexOf('/');
      if (slash < 1) throw new Refusal(aadsts.scopeMalformed);
      return { resource: scope.slice(0, slash), name: scope.slice(slash + 1) };
    });
  const [first] = split;
  if (first === undefined) throw new Refusal(aadsts.scopeMalformed);
  const asked = split.map(({ resource }) => find(directory, tenantId, resource));
  if (asked.some(({ api }) => api !== asked[0]?.api)) throw new Refusal(aadsts.scopeOfSeveral);
  const names = split.map(({ name }) => name);
  const { api, resource } = find(directory, tenantId, first.resource);
  if (names.includes('.default')) {
    // `.default` means all of it; beside names it means nothing.
    if (names.some((name) => name !== '.default')) throw new Refusal(aadsts.scopeMalformed);
    return { api, resource, scopes: 'default', oidc };
  }
  if (!names.every((name) => api.scopes.includes(name))) throw new Refusal(aadsts.scopeMalformed);
  return { api, resource, scopes: names, oidc };
}
