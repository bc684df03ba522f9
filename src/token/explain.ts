import { Buffer } from 'node:buffer';
import type { DenialReason } from '../core/denial-reason.ts';
import { TokenError } from '../core/errors.ts';
import { type TokenReason, tokenReasons } from '../core/token-reason.ts';
import type { AccessTokenClaims } from '../entra/claims.ts';
import { type AdmissionCheck, admissionChecks } from './admission-checks.ts';
import { bearerToken } from './bearer.ts';
import type { Check } from './check.ts';
import { allChecks } from './checks.ts';
import {
  type CompactToken,
  decodeHeader,
  decodePayload,
  decodeSegment,
  splitToken,
} from './compact.ts';
import { adviceFor, factsAbout, type TokenFacts } from './explain-facts.ts';
import { parseKeys } from './key-set.ts';
import { resolveOptions, type ValidatorSettings } from './options.ts';
import type { TokenValidatorOptions } from './policy.ts';
import { denialTexts, reasonTexts } from './reason-texts.ts';
import type { SigningKey } from './signing-key.ts';
import type { JsonObject } from './strict-json.ts';

/** What one rule says about a token. */
export interface Finding {
  /** Number of the rule in docs/token-rules.md. */
  readonly rule: string;
  /** `unknown` where the rule needs what is not at hand offline: keys, or the connection. */
  readonly outcome: 'pass' | 'fail' | 'unknown';
  /** Reason code that a refusal would have. */
  readonly reason: TokenReason | DenialReason;
  /** What the rule wants, in plain words. */
  readonly wants: string;
  /** What to change. Only where the rule is broken. */
  readonly advice: string | undefined;
}

/** Why a token is, or would be, refused. Holds neither the token nor what its claims say about anybody. */
export interface RejectionExplanation {
  /** `unverified`: nothing speaks against the token, but its signature was not checked. */
  readonly verdict: 'accepted' | 'refused' | 'unverified';
  /** The reason a validator would give: the first rule broken. */
  readonly reason: TokenReason | DenialReason | undefined;
  readonly facts: TokenFacts | undefined;
  /** Every rule that could be asked, in order. */
  readonly findings: readonly Finding[];
}

/** What may help to explain. */
export interface ExplainInput {
  /** Text of a JWK set, as the authority publishes it. Without it the signature is not checked. */
  readonly jwks?: string;
}

type Reasons = readonly { readonly rule: string; readonly reason: TokenReason }[];

/** Collects findings in the order of the validator. */
class Report {
  readonly findings: Finding[] = [];

  add(rule: string, reason: TokenReason, outcome: Finding['outcome'], advice?: string): void {
    const text = reasonTexts[reason];
    const known = this.findings.find((finding) => finding.reason === reason);
    // Several checks share a reason: one that fails is what matters.
    if (known !== undefined && known.outcome !== 'pass') return;
    if (known !== undefined) this.findings.splice(this.findings.indexOf(known), 1);
    this.findings.push({
      rule,
      reason,
      outcome,
      wants: text.wants,
      advice: outcome === 'fail' ? (advice ?? text.advice) : undefined,
    });
  }

  /** Asks every check of a list, not only up to the first that fails. */
  ask<Subject>(
    checks: readonly Check<Subject>[],
    subject: Subject,
    advise: (reason: TokenReason) => string | undefined = () => undefined,
  ): void {
    for (const { rule, reason, violates } of checks) {
      const failed = violates(subject);
      this.add(rule, reason, failed ? 'fail' : 'pass', failed ? advise(reason) : undefined);
    }
  }

  unknown(checks: Reasons): void {
    for (const { rule, reason } of checks) this.add(rule, reason, 'unknown');
  }

  /** Runs a step that refuses by throwing. */
  attempt<T>(step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      this.add(tokenReasons[error.reason].rule, error.reason, 'fail');
      return undefined;
    }
  }
}

const KEY_RULES: Reasons = [
  { rule: 'H4', reason: 'key_id_unknown' },
  ...allChecks.signature,
  ...allChecks.key,
];

function present(value: string, settings: ValidatorSettings): string {
  const { maxTokenBytes, binding } = settings.policy;
  // What is pasted from a log or a header often still has its scheme.
  const whole = /\s/.test(value.trim()) ? value.trim() : `Bearer ${value.trim()}`;
  return bearerToken([whole], maxTokenBytes, binding);
}

function explainKey(
  report: Report,
  parts: CompactToken,
  header: JsonObject | undefined,
  jwks: string | undefined,
): void {
  if (jwks === undefined || header === undefined) {
    report.unknown(KEY_RULES);
    return;
  }
  const { keys } = parseKeys(Buffer.from(jwks), undefined);
  const key: SigningKey | undefined = keys.get(String(header['kid']));
  report.add('H4', 'key_id_unknown', key === undefined ? 'fail' : 'pass');
  const signature = report.attempt(() => decodeSegment(parts.signature, allChecks.structure));
  if (key === undefined || signature === undefined) report.unknown(KEY_RULES);
  else {
    const signingInput = Buffer.from(parts.signingInput, 'latin1');
    report.ask(allChecks.signature, { signingInput, signature, key });
    // Whom the key may sign for depends on the metadata beside it, which is not at hand.
    report.unknown(allChecks.key);
  }
}

function explainClaims(
  report: Report,
  claims: AccessTokenClaims,
  settings: ValidatorSettings,
): AdmissionCheck | undefined {
  const { policy, clock } = settings;
  const facts = { claims, policy, nowSeconds: clock.now() / 1000 };
  const advise = (reason: TokenReason) => adviceFor(reason, facts);
  report.ask(allChecks.issuer, facts, advise);
  report.ask(allChecks.claims, facts, advise);
  return admissionChecks.find((check) => check.violates({ claims, callers: policy.callers }));
}

function denialOf({ rule, reason }: AdmissionCheck): Finding {
  return { rule, outcome: 'fail', reason, ...denialTexts[reason] };
}

/**
 * Says in plain words which rules a token keeps, which it breaks, and what to change. Offline: nothing is fetched, and
 * without `jwks` the signature is not checked, so `unverified` means no more than that nothing else speaks against the
 * token.
 *
 * @param token - As a client sent it, with or without `Bearer`. It appears nowhere in the result.
 * @param options - Those of the validator that refused it.
 * @throws {@link ConfigError} for options that cannot work.
 */
export function explainRejection(
  token: string,
  options: TokenValidatorOptions,
  { jwks }: ExplainInput = {},
): RejectionExplanation {
  const settings = resolveOptions(options);
  const report = new Report();
  const bare = report.attempt(() => present(token, settings));
  const parts = bare === undefined ? undefined : report.attempt(() => splitToken(bare));
  if (parts === undefined) return conclude(report, undefined, undefined);
  const { structure } = allChecks;
  const { allowMissingTyp } = settings.policy;
  const header = report.attempt(() => decodeHeader(parts.header, structure));
  if (header !== undefined) report.ask(allChecks.header, { header, allowMissingTyp });
  const claims = report.attempt(() => decodePayload(parts.payload, structure));
  explainKey(report, parts, header, jwks);
  const denial = claims === undefined ? undefined : explainClaims(report, claims, settings);
  const facts = claims === undefined ? undefined : factsAbout(claims, settings);
  return conclude(report, facts, denial);
}

function conclude(
  report: Report,
  facts: TokenFacts | undefined,
  denial: AdmissionCheck | undefined,
): RejectionExplanation {
  const findings = [...report.findings, ...(denial === undefined ? [] : [denialOf(denial)])];
  const broken = findings.find(({ outcome }) => outcome === 'fail');
  const verified = findings.some(
    ({ reason, outcome }) => reason === 'signature_invalid' && outcome === 'pass',
  );
  const verdict = verified ? 'accepted' : 'unverified';
  return Object.freeze({
    verdict: broken === undefined ? verdict : 'refused',
    reason: broken?.reason,
    facts,
    findings: Object.freeze(findings),
  });
}

/**
 * Writes an explanation in lines for a terminal: what is broken first, with what to do.
 *
 * @param explanation - From {@link explainRejection}.
 */
export function describeExplanation(explanation: RejectionExplanation): string {
  const { verdict, facts, findings } = explanation;
  const lines = [`token: ${verdict}`];
  for (const [name, value] of Object.entries(facts ?? {})) lines.push(`${name}: ${String(value)}`);
  for (const { rule, reason, wants, advice, outcome } of findings) {
    if (outcome !== 'fail') continue;
    lines.push(`fail ${rule} ${reason}: it is required that ${wants}`, `  hint: ${advice ?? ''}`);
  }
  const count = (wanted: Finding['outcome']): number =>
    findings.filter(({ outcome }) => outcome === wanted).length;
  lines.push(`${count('pass')} rules kept, ${count('unknown')} not checked offline`);
  return lines.join('\n');
}
