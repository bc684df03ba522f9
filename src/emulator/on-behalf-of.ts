import { createPublicKey } from 'node:crypto';
import { compactVerify, decodeProtectedHeader } from 'jose';
import { aadsts, parameterMissing } from './aadsts.ts';
import { findApi } from './apis.ts';
import type { App } from './apps.ts';
import { type EmulatorContext, nowSeconds } from './context.ts';
import { Refusal } from './refusal.ts';
import { type AskedPermissions, delegatedPermissions } from './scope.ts';
import type { Tenant } from './tenants.ts';
import { anonymousUser, type User } from './users.ts';

/** What an on-behalf-of request comes to. */
export interface Delegation {
  readonly user: User;
  readonly asked: AskedPermissions;
  /** Delegated permissions of the new token. */
  readonly scopes: readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;

async function verify(token: string, context: EmulatorContext): Promise<Claims> {
  try {
    const { kid } = decodeProtectedHeader(token);
    const key = context.keys.published.find((candidate) => candidate.kid === kid);
    if (key === undefined) throw new Refusal(aadsts.userAssertionInvalid);
    const { payload } = await compactVerify(token, createPublicKey(key.privateKey), {
      algorithms: ['RS256'],
    });
    return JSON.parse(new TextDecoder().decode(payload)) as Claims;
  } catch {
    throw new Refusal(aadsts.userAssertionInvalid);
  }
}

function checkIssued(claims: Claims, tenant: Tenant, context: EmulatorContext): void {
  const { origin } = context;
  const issuers = [`${origin}/${tenant.tenantId}/v2.0`, `${origin}/sts/${tenant.tenantId}/`];
  if (!issuers.includes(String(claims['iss']))) throw new Refusal(aadsts.userAssertionInvalid);
  if (typeof claims['exp'] !== 'number' || claims['exp'] <= nowSeconds(context)) {
    throw new Refusal(aadsts.userAssertionExpired);
  }
}

/** The middle tier must be the one the user's token is for: no token may be carried further than it was meant. */
function checkAudience(claims: Claims, app: App, context: EmulatorContext): void {
  const audience = typeof claims['aud'] === 'string' ? claims['aud'] : '';
  const api = findApi(context.directory.apis, audience);
  if (audience === '' || api?.clientId !== app.clientId) {
    throw new Refusal(aadsts.userAssertionAudience);
  }
}

function userOfClaims(claims: Claims, tenant: Tenant, context: EmulatorContext): User {
  if (claims['idtyp'] === 'app' || typeof claims['scp'] !== 'string') {
    throw new Refusal(aadsts.userAssertionOfApp);
  }
  const known = context.directory.users.find((user) => user.objectId === claims['oid']);
  if (known !== undefined) return known;
  const anonymous = anonymousUser(tenant.tenantId);
  const text = (name: string, fallback: string): string =>
    typeof claims[name] === 'string' ? claims[name] : fallback;
  return {
    ...anonymous,
    objectId: text('oid', anonymous.objectId),
    displayName: text('name', anonymous.displayName),
    userPrincipalName: text('preferred_username', text('upn', anonymous.userPrincipalName)),
  };
}

function grantedScopes(app: App, asked: AskedPermissions): readonly string[] {
  const consented = app.scopes.get(asked.api.clientId) ?? [];
  const wanted = asked.scopes === 'default' ? consented : asked.scopes;
  if (wanted.length === 0 || !wanted.every((scope) => consented.includes(scope))) {
    throw new Refusal(aadsts.consentMissing);
  }
  // Entra puts all that was consented to into the token, not only what was asked for.
  return consented;
}

/**
 * Decides about an on-behalf-of request of an authenticated client.
 *
 * @throws Refusal
 */
export async function decideOnBehalfOf(
  form: URLSearchParams,
  app: App,
  tenant: Tenant,
  context: EmulatorContext,
): Promise<Delegation> {
  if (form.get('requested_token_use') !== 'on_behalf_of') {
    throw new Refusal(parameterMissing('requested_token_use'));
  }
  const assertion = form.get('assertion') ?? '';
  if (assertion === '') throw new Refusal(parameterMissing('assertion'));
  const claims = await verify(assertion, context);
  checkIssued(claims, tenant, context);
  const user = userOfClaims(claims, tenant, context);
  checkAudience(claims, app, context);
  const asked = delegatedPermissions(form, context.directory, tenant.tenantId);
  return { user, asked, scopes: grantedScopes(app, asked) };
}

/** What msal reads the account from: base64url JSON of the user's ids. */
export function clientInfo(user: User): string {
  return Buffer.from(JSON.stringify({ uid: user.objectId, utid: user.tenantId })).toString(
    'base64url',
  );
}
