import { isGuid } from '../../core/options.ts';
import type { MarkRule } from './marks.ts';
import { ofClaims } from './origin-marks.ts';
import type { TokenView } from './token-view.ts';

type Claims = NonNullable<TokenView['claims']>;

/** What servers of this package allow between two clocks by default (rule T5). */
const SKEW_SECONDS = 60;
/** Longest life of a token that Entra issues, with a margin (rule T4). */
const MAX_LIFETIME_SECONDS = 29 * 3600;
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

const isTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0;

/** The three times, if all are there. */
function timesOf(claims: Claims) {
  const { iat, nbf, exp } = claims;
  return isTime(iat) && isTime(nbf) && isTime(exp) ? { iat, nbf, exp } : undefined;
}

const byTimes = (
  view: TokenView,
  judge: (times: { readonly iat: number; readonly nbf: number; readonly exp: number }) => boolean,
) =>
  ofClaims(view, (claims) => {
    const times = timesOf(claims);
    return times === undefined ? 'unknown' : judge(times);
  });

const isNames = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((name) => typeof name === 'string'));

const clientOf = ({ ver, azp, appid }: Claims): unknown => (ver === '1.0' ? appid : azp);
const hasScopes = ({ scp }: Claims): boolean =>
  typeof scp === 'string' && scp.trim() !== '' && scp !== '/';

function kindOf(claims: Claims): 'app' | 'user' | undefined {
  const { idtyp } = claims;
  if (idtyp === undefined) return hasScopes(claims) ? 'user' : 'app';
  return idtyp === 'app' || idtyp === 'user' ? idtyp : undefined;
}

function kindNote({ claims }: TokenView): string {
  const kind = claims === undefined ? undefined : kindOf(claims);
  if (kind === undefined) return '';
  const word = kind === 'app' ? 'an application' : 'a user';
  return claims?.['idtyp'] === undefined ? `${word}, inferred without idtyp` : word;
}

function clientName({ claims, context }: TokenView): string {
  const id = claims === undefined ? undefined : clientOf(claims);
  const { apps, managedIdentities } = context.directory;
  const known = [...apps, ...managedIdentities].find(({ clientId }) => clientId === id);
  return known?.name ?? (id === undefined ? '' : 'not registered here');
}

/** Seconds in the largest unit that says enough. */
function span(seconds: number): string {
  const abs = Math.abs(seconds);
  if (abs < 120) return `${abs} s`;
  return abs < 7200 ? `${Math.round(abs / 60)} min` : `${Math.round(abs / 3600)} h`;
}

function expiryNote({ claims, now }: TokenView): string {
  const exp = claims?.['exp'];
  if (!isTime(exp)) return '';
  return exp > now ? `${span(exp - now)} left` : `${span(exp - now)} ago`;
}

function permissionNote({ claims }: TokenView): string {
  const { roles, scp } = claims ?? {};
  const count = Array.isArray(roles) ? roles.length : 0;
  const scopes = typeof scp === 'string' ? scp.split(' ').filter((name) => name !== '').length : 0;
  return `${count} app roles, ${scopes} scopes`;
}

/** Rules about the claims: times, identity, kind and permissions. */
export const claimMarks: readonly MarkRule[] = [
  {
    rule: 'T1',
    demand: 'has its times, as whole seconds',
    judge: (view) => ofClaims(view, (claims) => timesOf(claims) !== undefined),
  },
  {
    rule: 'T2',
    demand: 'not expired',
    judge: (view) => byTimes(view, ({ exp }) => view.now < exp + SKEW_SECONDS),
    note: expiryNote,
  },
  {
    rule: 'T3',
    demand: 'valid already',
    judge: (view) => byTimes(view, ({ iat, nbf }) => Math.max(iat, nbf) <= view.now + SKEW_SECONDS),
  },
  {
    rule: 'T4',
    demand: 'a plausible lifetime',
    judge: (view) =>
      byTimes(
        view,
        ({ iat, nbf, exp }) => nbf < exp && iat < exp && exp - iat <= MAX_LIFETIME_SECONDS,
      ),
  },
  {
    rule: 'C1',
    demand: 'has a subject',
    judge: (view) => ofClaims(view, ({ sub }) => typeof sub === 'string' && sub !== ''),
  },
  {
    rule: 'C2',
    demand: 'has an object id',
    judge: (view) => ofClaims(view, ({ oid }) => isGuid(oid)),
  },
  {
    rule: 'C4',
    demand: 'names its client',
    judge: (view) =>
      ofClaims(view, (claims) => {
        const { azp, appid } = claims;
        const agree = azp === undefined || appid === undefined || azp === appid;
        return agree && isGuid(clientOf(claims));
      }),
    note: clientName,
  },
  {
    rule: 'C5',
    demand: 'an application has authenticated',
    judge: (view) =>
      ofClaims(view, (claims) => {
        const how = claims['ver'] === '1.0' ? claims['appidacr'] : claims['azpacr'];
        return kindOf(claims) !== 'app' || how !== '0';
      }),
  },
  {
    rule: 'C6',
    demand: 'of a known kind',
    judge: (view) => ofClaims(view, (claims) => kindOf(claims) !== undefined),
    note: kindNote,
  },
  {
    rule: 'C6b',
    demand: 'its kind agrees with its scopes',
    judge: (view) => ofClaims(view, (claims) => !(kindOf(claims) === 'app' && hasScopes(claims))),
  },
  {
    rule: 'C7',
    demand: 'not an ID token',
    judge: (view) =>
      ofClaims(view, (claims) => ID_TOKEN_CLAIMS.every((name) => !Object.hasOwn(claims, name))),
  },
  {
    rule: 'C11',
    demand: 'roles and scopes of their types',
    judge: (view) =>
      ofClaims(
        view,
        ({ roles, scp }) => isNames(roles) && (scp === undefined || typeof scp === 'string'),
      ),
  },
  {
    rule: 'P1',
    demand: 'not bound to a certificate',
    judge: (view) => ofClaims(view, ({ cnf }) => (cnf === undefined ? 'pass' : 'unknown')),
    note: ({ claims }) =>
      claims?.['cnf'] === undefined ? '' : 'bound: valid only over the connection of its owner',
  },
  {
    rule: 'Z1',
    demand: 'may do anything at all',
    judge: (view) =>
      ofClaims(view, (claims) => {
        const { roles } = claims;
        return hasScopes(claims) || (Array.isArray(roles) && roles.length > 0);
      }),
    note: permissionNote,
  },
];
