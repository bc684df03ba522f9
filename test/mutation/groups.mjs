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
 * @property {readonly Explained[]} explained
 */

const EACH = 'attacks/one-rule-each.test.js';
const KEYS = 'token/key-source.test.js';
const KEY_SET = 'token/key-set.test.js';
const OPTIONS = 'token/options.test.js';
const STRUCTURE = 'token/structure.test.js';
const TENANTS = 'token/tenants.test.js';
const VALIDATOR = 'token/validator.test.js';

/** @type {Readonly<Record<string, Group>>} */
export const groups = {
  token: {
    files: {
      'token/audience-option.js': [OPTIONS],
      'token/bearer.js': ['token/bearer.test.js'],
      'token/cache.js': ['token/cache.test.js'],
      'token/caller.js': [VALIDATOR],
      'token/check.js': [EACH],
      'token/checks.js': [EACH],
      'token/claim-checks.js': [EACH, TENANTS],
      'token/compact.js': [STRUCTURE, EACH],
      'token/document-fetcher.js': ['token/document-fetcher.test.js'],
      'token/header-checks.js': [EACH, STRUCTURE],
      'token/header-reader.js': [STRUCTURE, EACH],
      'token/identity-checks.js': [EACH, VALIDATOR],
      'token/key-loader.js': [KEYS],
      'token/key-set.js': [KEY_SET],
      'token/key-source.js': [KEYS],
      'token/key-sources.js': [TENANTS, VALIDATOR],
      'token/options.js': [OPTIONS],
      'token/policy.js': [TENANTS],
      'token/signature-checks.js': [EACH],
      'token/signing-key.js': ['token/signing-key.test.js'],
      'token/strict-json.js': [STRUCTURE, EACH],
      'token/tenant-option.js': [OPTIONS],
      'token/validator.js': [VALIDATOR, KEYS],
    },
    tests: [EACH, STRUCTURE, TENANTS, VALIDATOR, KEY_SET, KEYS, OPTIONS],
    explained: [],
  },
};
