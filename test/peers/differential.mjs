// Shows generated tokens to our validator and to other people's, and reports where they differ.
//
//   node test/peers/differential.mjs [tokens] [seed]
//
// Needs compiled tests (tsc -b test) and the peers (npm ci in test/peers). Exits with 1
// where we accept what any of them refuses.
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier } from 'fast-jwt';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { compareVerifiers, PUBLISHED } from '../../dist-test/support/differential.js';
import { API_ID, ISSUER, NOW, testKey } from '../../dist-test/support/tokens.js';

const tokens = Number(process.argv[2] ?? process.env.DIFFERENTIAL_TOKENS ?? 200_000);
const seed = Number(process.argv[3] ?? 1);

// aws-jwt-verify asks the machine what time it is.
Date.now = () => NOW * 1000;

const set = createLocalJWKSet({ keys: PUBLISHED });
const aws = JwtVerifier.create({
  issuer: ISSUER,
  audience: API_ID,
  jwksUri: 'https://localhost/keys',
  graceSeconds: 60,
});
// It wants every key to name its algorithm.
aws.cacheJwks({ keys: PUBLISHED.map((key) => ({ ...key, alg: 'RS256' })) });
const pems = new Map(
  ['published', 'second'].map((name) => {
    const { kid, publicKey } = testKey(name);
    return [kid, publicKey.export({ format: 'pem', type: 'spki' })];
  }),
);
const fast = createVerifier({
  key: async ({ header }) => pems.get(header.kid) ?? Promise.reject(new Error('no such key')),
  algorithms: ['RS256'],
  allowedIss: ISSUER,
  allowedAud: API_ID,
  clockTimestamp: NOW * 1000,
  clockTolerance: 60_000,
});

const started = performance.now();
const differences = await compareVerifiers(tokens, seed, {
  jose: (token) =>
    jwtVerify(token, set, {
      issuer: ISSUER,
      audience: API_ID,
      algorithms: ['RS256'],
      clockTolerance: 60,
      currentDate: new Date(NOW * 1000),
    }),
  'aws-jwt-verify': (token) => aws.verifySync(token),
  'fast-jwt': (token) => fast(token),
});
const { accepted, onlyWeAccept, onlyWeRefuse } = differences;
console.log(
  `${tokens} tokens of seed ${seed} in ${Math.round((performance.now() - started) / 1000)} s`,
);
console.log(`accepted by us: ${accepted}`);
for (const [name, found] of Object.entries(onlyWeAccept)) {
  console.log(`refused by ${name}, accepted by us: ${found.length}`);
  for (const line of found.slice(0, 5)) console.log(`  ${line}`);
}
for (const [name, rules] of Object.entries(onlyWeRefuse)) {
  const total = Object.values(rules).reduce((sum, count) => sum + count, 0);
  const sorted = Object.entries(rules).sort(([, a], [, b]) => b - a);
  console.log(`accepted by ${name}, refused by us: ${total}`);
  console.log(`  ${sorted.map(([rule, count]) => `${rule} ${count}`).join(', ')}`);
}
process.exitCode = Object.values(onlyWeAccept).every((found) => found.length === 0) ? 0 : 1;
