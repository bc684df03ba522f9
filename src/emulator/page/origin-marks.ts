import { findApi } from '../apis.ts';
import type { MarkRule, Verdict } from './marks.ts';
import type { TokenView } from './token-view.ts';

type Claims = NonNullable<TokenView['claims']>;

/** Judges by the claims, where there are any. */
export const ofClaims = (
  view: TokenView,
  judge: (claims: Claims) => boolean | Verdict,
): boolean | Verdict => (view.claims === undefined ? 'unknown' : judge(view.claims));

interface Issuer {
  readonly tenantId: string;
  readonly version: '1.0' | '2.0';
}

/** The tenant and version that an issuer of this emulator stands for. */
function issuerOf({ claims, context }: TokenView): Issuer | undefined {
  const { iss } = claims ?? {};
  if (typeof iss !== 'string' || !iss.startsWith(`${context.origin}/`)) return undefined;
  const path = iss.slice(context.origin.length);
  const [, v2] = /^\/([^/]+)\/v2\.0$/.exec(path) ?? [];
  if (v2 !== undefined) return { tenantId: v2, version: '2.0' };
  const [, v1] = /^\/sts\/([^/]+)\/$/.exec(path) ?? [];
  return v1 === undefined ? undefined : { tenantId: v1, version: '1.0' };
}

const byIssuer = (view: TokenView, judge: (issuer: Issuer) => boolean): boolean | Verdict => {
  const issuer = issuerOf(view);
  return issuer === undefined ? 'unknown' : judge(issuer);
};

const tenantOf = (view: TokenView) =>
  view.context.directory.tenants.find(({ tenantId }) => tenantId === view.claims?.['tid']);

/** The API that a token is for, by the form its version gives the audience. */
function audienceOf({ claims, context }: TokenView) {
  const { aud, ver } = claims ?? {};
  if (typeof aud !== 'string') return undefined;
  const { apis } = context.directory;
  if (ver === '2.0') return apis.find(({ clientId }) => clientId === aud);
  return findApi(apis, aud);
}

function keyRole({ key, context }: TokenView): string {
  if (key === undefined) return 'not published here';
  return key === context.keys.signing ? 'the key that signs' : 'published, not the one that signs';
}

/** Rules about who made the token, and for whom. */
export const originMarks: readonly MarkRule[] = [
  {
    rule: 'H4',
    demand: 'its key is published',
    judge: ({ header, key }) => (header === undefined ? 'unknown' : key !== undefined),
    note: keyRole,
  },
  {
    rule: 'K3',
    demand: 'its signature holds',
    judge: ({ signatureHolds }) => signatureHolds ?? 'unknown',
    note: ({ signatureHolds }) =>
      signatureHolds === true ? '' : 'nothing below is proven while this does not pass',
  },
  {
    rule: 'I1',
    demand: 'issued by this emulator',
    judge: (view) => ofClaims(view, () => issuerOf(view) !== undefined),
  },
  {
    rule: 'I2',
    demand: 'version agrees with issuer',
    judge: (view) => byIssuer(view, ({ version }) => view.claims?.['ver'] === version),
  },
  {
    rule: 'I4',
    demand: 'of a tenant that is registered',
    judge: (view) => ofClaims(view, () => tenantOf(view) !== undefined),
    note: (view) => tenantOf(view)?.name ?? '',
  },
  {
    rule: 'I5',
    demand: 'tenant agrees with issuer',
    judge: (view) => byIssuer(view, ({ tenantId }) => view.claims?.['tid'] === tenantId),
  },
  {
    rule: 'A3',
    demand: 'for an API that is registered',
    judge: (view) => ofClaims(view, () => audienceOf(view) !== undefined),
    note: (view) => audienceOf(view)?.name ?? '',
  },
];
