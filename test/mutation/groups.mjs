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
 * @property {readonly string[]} files Compiled files, from dist.
 * @property {readonly string[]} tests Compiled test files, from dist-test.
 * @property {readonly Explained[]} explained
 */

/** @type {Readonly<Record<string, Group>>} */
export const groups = {
  token: {
    files: [
      'token/audience-option.js',
      'token/bearer.js',
      'token/cache.js',
      'token/caller.js',
      'token/check.js',
      'token/checks.js',
      'token/claim-checks.js',
      'token/compact.js',
      'token/document-fetcher.js',
      'token/header-checks.js',
      'token/header-reader.js',
      'token/identity-checks.js',
      'token/key-loader.js',
      'token/key-set.js',
      'token/key-source.js',
      'token/key-sources.js',
      'token/options.js',
      'token/policy.js',
      'token/signature-checks.js',
      'token/signing-key.js',
      'token/strict-json.js',
      'token/tenant-option.js',
      'token/validator.js',
    ],
    tests: ['attacks/one-rule-each.test.js'],
    explained: [],
  },
};
