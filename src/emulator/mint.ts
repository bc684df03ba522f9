import { ConfigError } from '../core/errors.ts';
import { checkChoice, checkGuid, checkInteger, checkOptionNames } from '../core/options.ts';
import { isLoopbackHost } from '../entra/authority.ts';
import type { Directory } from './directory.ts';
import { checkNames, findByName } from './ids.ts';
import type { ClientAuthentication, TokenContent } from './tokens.ts';
import { userOf } from './users.ts';

/** Which key signs: a published one; none that is published, under the published id; or under its own, unknown id. */
export type MintKey = 'published' | 'forged' | 'unpublished';

/** Changes to a token that no authority would make. */
export interface TokenChanges {
  /** Moves all times into the past, or with a negative value into the future. Default: 0. */
  readonly issuedSecondsAgo?: number;
  /** Default: that of the emulator. */
  readonly lifetimeSeconds?: number;
  /**
   * `forged` signs with a key that is published nowhere, under the published key's id; `unpublished` with the same
   * key under its own id. Default: `published`.
   */
  readonly signingKey?: MintKey;
  /** Claims to replace; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Header members to add or replace; `undefined` removes one. The signature follows `alg`, even to `none`. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A token to mint directly, as no token endpoint would: for tests and demonstrations. */
export interface MintOptions extends TokenChanges {
  readonly kind: 'app' | 'user';
  /** Name of the API it is for. */
  readonly api: string;
  /** Name of the application that is to have obtained it. */
  readonly app: string;
  /** Default: those granted to the application, or assigned to the user. */
  readonly roles?: readonly string[];
  /** Scopes of a user's token. Default: those consented to for the application. */
  readonly scopes?: readonly string[];
  /** Name of the user. Default: the first of the tenant, or an anonymous one. */
  readonly user?: string;
  /** Another tenant than the emulator's own, a GUID. */
  readonly tenantId?: string;
  /** How the application authenticated. Default: by secret. */
  readonly clientAuthentication?: 'none' | 'secret' | 'certificate';
}

const CHANGES: readonly string[] = [
  'issuedSecondsAgo',
  'lifetimeSeconds',
  'signingKey',
  'claims',
  'header',
];
const AUTHENTICATION: Readonly<Record<'none' | 'secret' | 'certificate', ClientAuthentication>> = {
  none: '0',
  secret: '1',
  certificate: '2',
};
/** Domains that stand for nobody: RFC 2606 and RFC 6761. */
const RESERVED = /(^|\.)(example|example\.(com|net|org)|test|invalid|localhost)$/;
const MICROSOFT =
  /(microsoft|windows\.net|azure|b2clogin|ciamlogin|chinacloudapi|usgovcloudapi|sovcloud)/i;

/** Every text within a value: an issuer may be tried as a list or an object too. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

function isOwnOrNobodys(text: string): boolean {
  if (!URL.canParse(text)) return !MICROSOFT.test(text);
  const { hostname, href } = new URL(text);
  if (hostname === '') return !MICROSOFT.test(href);
  return isLoopbackHost(hostname) || RESERVED.test(hostname);
}

/**
 * Checks the issuer of a token to be minted: in the emulator's own name, or in one that is nobody's (requirement E2).
 *
 * @throws ConfigError `ERR_EMULATOR_FORBIDDEN` for Microsoft's issuers and those of any other real host.
 */
function checkIssuer(where: string, issuer: unknown): void {
  if (textsIn(issuer).every(isOwnOrNobodys)) return;
  throw new ConfigError(
    'ERR_EMULATOR_FORBIDDEN',
    `${where}: an emulator mints no token in the name of Microsoft or of any other real host; ` +
      'leave `iss` out, set tenantId, or take a host under example.com, .test or .invalid',
  );
}

/** Checks changes to a token. */
export function checkTokenChanges(where: string, changes: TokenChanges): void {
  const span = { min: -315_360_000, max: 315_360_000, default: 0 };
  checkInteger(`${where} issuedSecondsAgo`, changes.issuedSecondsAgo, span);
  checkInteger(`${where} lifetimeSeconds`, changes.lifetimeSeconds, span);
  checkChoice(
    `${where} signingKey`,
    changes.signingKey,
    ['published', 'forged', 'unpublished'],
    'published',
  );
  checkIssuer(where, changes.claims?.['iss']);
}

/** Checks the changes of a fault, which are all there is to it. */
export function checkChangesAlone(where: string, changes: TokenChanges): void {
  checkOptionNames(where, changes, CHANGES);
  checkTokenChanges(where, changes);
}

/**
 * Resolves what to mint.
 *
 * @throws ConfigError for names that are not registered and for an issuer that must not be taken.
 */
export function mintContent(directory: Directory, options: MintOptions): TokenContent {
  const where = 'issueToken';
  checkOptionNames(where, options, [
    ...CHANGES,
    ...['kind', 'api', 'app', 'roles', 'scopes', 'user', 'tenantId', 'clientAuthentication'],
  ]);
  checkTokenChanges(where, options);
  const kind = checkChoice(`${where} kind`, options.kind, ['app', 'user']);
  const api = findByName('api', directory.apis, options.api);
  const app = findByName('app', directory.apps, options.app);
  const tenantId =
    options.tenantId === undefined
      ? directory.home.tenantId
      : checkGuid(`${where} tenantId`, options.tenantId, 'a tenant id');
  const authentication = checkChoice(
    `${where} clientAuthentication`,
    options.clientAuthentication,
    ['none', 'secret', 'certificate'],
    'secret',
  );
  const shared = {
    api,
    client: app,
    tenantId,
    resource: api.identifierUris[0] ?? api.clientId,
    clientAuthentication: AUTHENTICATION[authentication],
  };
  if (kind === 'app') {
    const roles = options.roles ?? app.roles.get(api.clientId);
    return { ...shared, subject: { kind }, roles: checkNames(`${where} roles`, roles) };
  }
  const user = userOf(directory.users, options.user, tenantId);
  const scopes = checkNames(
    `${where} scopes`,
    options.scopes ?? app.scopes.get(api.clientId) ?? [],
  );
  const roles = options.roles ?? user.roles.get(api.clientId);
  return { ...shared, subject: { kind, user, scopes }, roles: checkNames(`${where} roles`, roles) };
}
