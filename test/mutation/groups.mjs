// What is mutated, which tests must notice, and which survivors are right to survive.

/**
 * @typedef {object} Explained
 * @property {string} file Compiled file, from dist.
 * @property {string} kind As in mutants.mjs.
 * @property {string} text The code changed, as the report prints it.
 * @property {string} why Why no test can, or should, tell the difference.
 */

/**
 * @typedef {object} Group
 * @property {Readonly<Record<string, readonly string[]>>} files Compiled files, from dist, each with the compiled test
 *   files, from dist-test, that are asked first.
 * @property {readonly string[]} tests Test files that are asked as well before a mutant counts as a survivor.
 * @property {boolean} [statements] Whether statements are removed as well.
 * @property {readonly Explained[]} explained
 */

const ADMISSION = 'token/admission.test.js';
const B2C = 'token/b2c.test.js';
const BINDING = 'token/binding.test.js';
const CHALLENGE = 'token/claims-challenge.test.js';
const CIAM = 'token/ciam.test.js';
const DECIDE = 'authorize/decide.test.js';
const EACH = 'attacks/one-rule-each.test.js';
const EDGES = 'token/edges.test.js';
const GATE = 'server/gate.test.js';
const KEYS = 'token/key-source.test.js';
const KEY_SET = 'token/key-set.test.js';
const OPTIONS = 'token/options.test.js';
const RULES = 'authorize/rules.test.js';
const START = 'token/key-start.test.js';
const STATUS = 'server/status.test.js';
const STRUCTURE = 'token/structure.test.js';
const TENANTS = 'token/tenants.test.js';
const VALIDATOR = 'token/validator.test.js';

/** @type {Readonly<Record<string, Group>>} */
export const groups = {
  token: {
    files: {
      'entra/customer-authority.js': [CIAM, B2C],
      'token/admission-checks.js': [ADMISSION],
      'token/authority-setting.js': [CIAM, B2C, OPTIONS],
      'token/audience-option.js': [OPTIONS],
      'token/bearer.js': ['token/bearer.test.js'],
      'token/binding-checks.js': [BINDING, EACH],
      'token/cache.js': ['token/cache.test.js', VALIDATOR],
      'token/call-rules.js': [BINDING, CHALLENGE],
      'token/caller.js': [VALIDATOR, ADMISSION, CHALLENGE],
      'token/check.js': [EACH],
      'token/checks.js': [EACH],
      'token/claim-checks.js': [EACH, TENANTS],
      'token/claim-values.js': [ADMISSION, EDGES],
      'token/claims-challenge.js': [CHALLENGE],
      'token/compact.js': [STRUCTURE, EACH],
      'token/document-fetcher.js': ['token/document-fetcher.test.js'],
      'token/entry-bytes.js': ['token/entry-bytes.test.js'],
      'token/forgery-memory.js': ['token/forgery-memory.test.js'],
      'token/header-checks.js': [EACH, STRUCTURE],
      'token/header-reader.js': [EDGES, STRUCTURE],
      'token/identity-checks.js': [EACH, VALIDATOR],
      'token/clock-watch.js': [START],
      'token/initial-keys.js': [START],
      'token/key-journal.js': [KEYS, START, 'token/metrics.test.js'],
      'token/key-loader.js': [KEYS],
      'token/key-set.js': [KEY_SET],
      'token/key-source.js': [KEYS, START],
      'token/key-sources.js': [TENANTS, VALIDATOR],
      'token/options.js': [OPTIONS],
      'token/meter.js': ['token/metrics.test.js'],
      'token/policy.js': [TENANTS],
      'token/profile-claims.js': [B2C, VALIDATOR],
      'token/roca.js': ['token/wycheproof.test.js'],
      'token/signature-checks.js': [EACH],
      'token/signing-key.js': ['token/signing-key.test.js', 'token/wycheproof.test.js'],
      'token/strict-json.js': [STRUCTURE, EACH],
      'token/tenant-option.js': [OPTIONS],
      'token/validator.js': [VALIDATOR, KEYS, 'token/forgery-memory.test.js'],
    },
    tests: [
      ...[EACH, EDGES, STRUCTURE, TENANTS, VALIDATOR, KEY_SET, KEYS, OPTIONS],
      ...[B2C, CIAM, START],
      ...[ADMISSION, BINDING, CHALLENGE, 'token/bearer.test.js', 'token/metrics.test.js'],
    ],
    explained: [
      {
        file: 'token/bearer.js',
        kind: 'boundary moved',
        text: 'value.length > maxTokenBytes + LONGEST_SCHEME + 1',
        why: 'Saves reading long values; the token itself is measured once it stands alone.',
      },
      {
        file: 'token/bearer.js',
        kind: 'condition never true',
        text: 'value.startsWith(USUAL) && value.charCodeAt(USUAL.length) !== SPACE',
        why: 'Saves reading the scheme name of the usual value, which the rest reads alike.',
      },
      {
        file: 'token/cache.js',
        kind: '|| operand dropped',
        text: 'this.#bounds.maxEntries === 0',
        why: 'What a cache of no entries takes in, it forgets at once; the condition saves the work.',
      },
      {
        file: 'token/claim-values.js',
        kind: 'condition never true',
        text: 'value === undefined',
        why: 'Saves the work for claims that are absent; the rest of each function finds nothing in them either.',
      },
      {
        file: 'token/caller.js',
        kind: 'condition never true',
        text: 'complete && claims.groups === undefined',
        why: 'The same value is made anew where it is not shared.',
      },
      {
        file: 'token/claim-checks.js',
        kind: '&& operand dropped',
        text: "claims.ver === '1.0'",
        why: 'The issuer of a v2.0 token was compared with the same value before (I4).',
      },
      {
        file: 'token/claim-values.js',
        kind: 'condition never true',
        text: 'value === undefined',
        why: 'Saves work for claims that most tokens lack; what follows makes the same empty list of them.',
      },
      {
        file: 'token/compact.js',
        kind: '&& operand dropped',
        text: 'fourth !== -1',
        why: 'Without a fourth dot the other search starts at the first character and finds a dot.',
      },
      {
        file: 'token/document-fetcher.js',
        kind: '|| operand dropped',
        text: 'value === undefined',
        why: 'For the type checker: the word "undefined" is no number either.',
      },
      {
        file: 'token/document-fetcher.js',
        kind: '|| operand dropped',
        text: '!(error instanceof HttpsRequestError)',
        why: 'For the type checker: other errors have no member `failure`.',
      },
      {
        file: 'token/initial-keys.js',
        kind: 'condition never true',
        text: '!(cause instanceof KeyDocumentError)',
        why: 'For the type checker: nothing else is thrown there.',
      },
      {
        file: 'token/key-loader.js',
        kind: '&& operand dropped',
        text: 'this.#metadata !== undefined',
        why: 'For the type checker: what was never loaded is due since the beginning of time.',
      },
      {
        file: 'token/key-set.js',
        kind: '|| operand dropped',
        text: "!('kid' in value)",
        why: 'For the type checker: an absent kid is no string.',
      },
      {
        file: 'token/key-set.js',
        kind: '|| operand dropped',
        text: "typeof issuer !== 'string'",
        why: 'For the type checker: what is no string is not on a list of strings.',
      },
      {
        file: 'token/key-source.js',
        kind: 'boundary moved',
        text: 'pauseMs > 0',
        why: 'A pause of no length is over at once.',
      },
      {
        file: 'token/key-source.js',
        kind: 'boundary moved',
        text: 'leftMs > 0',
        why: 'In the last instant an attempt more or less is as right.',
      },
      {
        file: 'token/key-source.js',
        kind: '&& operand dropped',
        text: 'this.#inFlight === undefined',
        why: 'A fetch under way was allowed when it began, and what allowed it does not pass; only closing ends it.',
      },
      {
        file: 'token/key-source.js',
        kind: '|| operand dropped',
        text: 'this.usable(monotonicMs) === undefined',
        why: 'Keys that are too old to use are older than the pause between fetches.',
      },
      {
        file: 'token/key-journal.js',
        kind: 'boundary moved',
        text: 'ageSeconds >= STALE_SECONDS',
        why: 'A millisecond decides between two levels of one log line.',
      },
      {
        file: 'token/strict-json.js',
        kind: 'boundary moved',
        text: 'i < text.length',
        why: 'Behind the last character stands none, which is neither quote nor colon.',
      },
      {
        file: 'token/strict-json.js',
        kind: 'boundary moved',
        text: 'depth > seen.depth',
        why: 'Assigns the value that is there.',
      },
      {
        file: 'token/validator.js',
        kind: '&& operand dropped',
        text: 'set !== undefined',
        why: 'For the type checker: without a set there is no key.',
      },
      {
        file: 'token/validator.js',
        kind: '&& operand dropped',
        text: 'metrics !== noMetrics',
        why: 'Saves measuring what nobody hears of.',
      },
    ],
  },
  gate: {
    files: {
      'authorize/allow.js': [RULES],
      'authorize/decide.js': [DECIDE],
      'authorize/parse-rule.js': [RULES],
      'authorize/proto-rules.js': [RULES, 'server/rule-needs.test.js'],
      'server/rule-needs.js': ['server/rule-needs.test.js'],
      'server/call-record.js': [GATE],
      'server/caller-of.js': [GATE, 'server/caller-of.test.js'],
      'server/call-peer.js': [GATE],
      'server/gate.js': [GATE],
      'server/gated-call.js': [GATE],
      'server/peer-certificate.js': [GATE],
      'server/status.js': [STATUS],
    },
    tests: [GATE, DECIDE, RULES, STATUS, 'e2e/refusals.test.js'],
    statements: true,
    explained: [
      {
        file: 'server/call-peer.js',
        kind: '|| operand dropped',
        text: "rule.kind === 'public'",
        why: 'For the compiler: a public rule has no such condition.',
      },
      {
        file: 'server/rule-needs.js',
        kind: '|| operand dropped',
        text: "rule.kind === 'public'",
        why: 'For the compiler: a public rule has no such condition.',
      },
      {
        file: 'server/caller-of.js',
        kind: '|| operand dropped',
        text: "admission?.kind !== 'caller'",
        why: 'For the compiler: the line before throws unless there is a caller.',
      },
      {
        file: 'server/gate.js',
        kind: 'statement removed',
        text: 'this.#gated = undefined;',
        why: 'Lets go of what a call that is over held; a tenth less garbage collection, and nothing else.',
      },
      {
        file: 'server/gated-call.js',
        kind: '|| operand dropped',
        text: 'rule === undefined',
        why: 'For the compiler: without a rule there is no such decision.',
      },
      {
        file: 'server/gated-call.js',
        kind: '|| operand dropped',
        text: "!('user' in rule)",
        why: 'For the compiler: without a rule for users there is no such decision.',
      },
      {
        file: 'authorize/proto-rules.js',
        kind: 'boundary moved',
        text: 'names.length > 1',
        why: 'In the message: one name alone never gets there.',
      },
    ],
  },
};
