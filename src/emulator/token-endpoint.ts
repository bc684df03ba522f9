import { aadsts, parameterMissing } from './aadsts.ts';
import { type Answer, tokenAnswer } from './answer.ts';
import type { App } from './apps.ts';
import {
  authenticateClient,
  presentedClient,
  registeredApp,
  type TokenRequest,
} from './client-authentication.ts';
import { type EmulatorContext, issueAccessToken, nowSeconds } from './context.ts';
import type { SharedTenant } from './directory.ts';
import type { TokenChanges } from './mint.ts';
import { clientInfo, decideOnBehalfOf } from './on-behalf-of.ts';
import { Refusal } from './refusal.ts';
import { requestedClaims } from './requested-claims.ts';
import { type AskedResource, resourceOfDefaultScope, resourceOfParameter } from './scope.ts';
import { signToken } from './sign.ts';
import type { Tenant } from './tenants.ts';
import { tokenTimes } from './token-times.ts';
import { type ClientAuthentication, idTokenClaims } from './tokens.ts';

/** A token request and where it came in. */
export interface TokenExchange extends TokenRequest {
  readonly tenant: Tenant | SharedTenant;
  readonly version: '1.0' | '2.0';
  /** Changes a fault makes to the token. */
  readonly changes: TokenChanges;
}

interface Authenticated {
  readonly app: App;
  readonly tenant: Tenant;
  readonly clientAuthentication: ClientAuthentication;
}

type Grant = 'client_credentials' | 'on_behalf_of';

const GRANTS: Readonly<Record<string, Grant>> = {
  client_credentials: 'client_credentials',
  'urn:ietf:params:oauth:grant-type:jwt-bearer': 'on_behalf_of',
};

function grantOf(form: URLSearchParams): Grant {
  const name = form.get('grant_type') ?? '';
  if (name === '') throw new Refusal(parameterMissing('grant_type'));
  const grant = Object.hasOwn(GRANTS, name) ? GRANTS[name] : undefined;
  if (grant === undefined) throw new Refusal(aadsts.grantUnsupported);
  return grant;
}

/** These grants need a tenant of their own; the refusal says which mistake it was. */
function checkTenant(tenant: Tenant | SharedTenant, app: App): Tenant {
  if (typeof tenant === 'object') return tenant;
  if (app.tenantIds.size === 1) throw new Refusal(aadsts.tenantShared);
  throw new Refusal(tenant === 'organizations' ? aadsts.tenantNotNamed : aadsts.tenantSharedGrant);
}

/** Lifetimes as `expires_in` has them: one second less, and as text in v1.0 (trap T9). */
function lifetimeMembers(
  exchange: TokenExchange,
  asked: AskedResource,
  accessToken: string,
  context: EmulatorContext,
): Readonly<Record<string, unknown>> {
  const lifetime = exchange.changes.lifetimeSeconds ?? context.lifetimeSeconds;
  const seconds = Math.max(lifetime - 1, 0);
  if (exchange.version === '2.0') return { expires_in: seconds, ext_expires_in: seconds };
  const { expiresOn, notBefore } = tokenTimes(accessToken, nowSeconds(context), lifetime);
  return {
    expires_in: String(seconds),
    ext_expires_in: String(seconds),
    expires_on: String(expiresOn),
    not_before: String(notBefore),
    resource: asked.resource,
  };
}

function withRequestedClaims({ form, changes }: TokenExchange, kind: 'app' | 'user'): TokenChanges {
  return { ...changes, claims: { ...requestedClaims(form, kind), ...changes.claims } };
}

async function answerClientCredentials(
  exchange: TokenExchange,
  client: Authenticated,
  context: EmulatorContext,
): Promise<Answer> {
  const { app, tenant, clientAuthentication } = client;
  const resourceOf = exchange.version === '1.0' ? resourceOfParameter : resourceOfDefaultScope;
  const asked = resourceOf(exchange.form, context.directory, tenant.tenantId);
  const roles = app.roles.get(asked.api.clientId) ?? [];
  if (asked.api.assignmentRequired && roles.length === 0) {
    throw new Refusal(aadsts.assignmentRequired);
  }
  const accessToken = await issueAccessToken(
    context,
    {
      subject: { kind: 'app' },
      client: app,
      tenantId: tenant.tenantId,
      roles,
      clientAuthentication,
      ...asked,
    },
    withRequestedClaims(exchange, 'app'),
  );
  return tokenAnswer({
    token_type: 'Bearer',
    ...lifetimeMembers(exchange, asked, accessToken, context),
    access_token: accessToken,
  });
}

async function answerOnBehalfOf(
  exchange: TokenExchange,
  client: Authenticated,
  context: EmulatorContext,
): Promise<Answer> {
  const { app, tenant, clientAuthentication } = client;
  const { form } = exchange;
  const { user, asked, scopes } = await decideOnBehalfOf(form, app, tenant, context);
  const accessToken = await issueAccessToken(
    context,
    {
      subject: { kind: 'user', user, scopes },
      api: asked.api,
      resource: asked.resource,
      client: app,
      tenantId: tenant.tenantId,
      roles: user.roles.get(asked.api.clientId) ?? [],
      clientAuthentication,
    },
    withRequestedClaims(exchange, 'user'),
  );
  const frame = {
    origin: context.origin,
    now: nowSeconds(context),
    lifetimeSeconds: context.lifetimeSeconds,
  };
  return tokenAnswer({
    token_type: 'Bearer',
    scope: scopes.map((scope) => `${asked.resource}/${scope}`).join(' '),
    ...lifetimeMembers(exchange, asked, accessToken, context),
    access_token: accessToken,
    ...(asked.oidc.has('openid')
      ? { id_token: await signToken(idTokenClaims(user, app, frame), context.keys.signing) }
      : {}),
    ...(form.get('client_info') === '1' ? { client_info: clientInfo(user) } : {}),
  });
}

/**
 * Answers a token request.
 *
 * No refresh token is given out, even for `offline_access`: nothing here needs one, and no grant takes one.
 *
 * @throws Refusal by the causes Entra refuses by.
 */
export async function answerTokenRequest(
  exchange: TokenExchange,
  context: EmulatorContext,
): Promise<Answer> {
  const grant = grantOf(exchange.form);
  const presented = presentedClient(exchange);
  const app = registeredApp(presented.clientId, context);
  const tenant = checkTenant(exchange.tenant, app);
  const clientAuthentication = await authenticateClient(exchange, presented, app, tenant, context);
  const client: Authenticated = { app, tenant, clientAuthentication };
  return grant === 'client_credentials'
    ? answerClientCredentials(exchange, client, context)
    : answerOnBehalfOf(exchange, client, context);
}
