// Runs the compiled tests: every test/**/*.test.ts that exists today, so that a stale file in dist-test never runs.
// Arguments narrow the run to paths that contain one of them: npm test -- token/compact
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';

// Machines set these for their own purposes; a test that passes only with or without them proves nothing.
const FOREIGN = [
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_OPTIONS',
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
  'GRPC_SSL_CIPHER_SUITES',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'NODE_ENV',
];
const env = { ...process.env };
for (const name of FOREIGN) delete env[name];
for (const name of Object.keys(env)) {
  if (/^(https?|all|no)_proxy$/i.test(name)) delete env[name];
}

// Runs them against the oldest grpc-js of our peer range in place of the installed one.
const OLDEST = '--with-oldest-grpc-js';
const withOldest = process.argv.includes(OLDEST);
const wanted = process.argv.slice(2).filter((argument) => argument !== OLDEST);
const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
  // Those in interop/ need peers from outside npm, those in soak/ minutes; scripts of their own name them.
  .filter((file) =>
    wanted.length === 0
      ? !/^(interop|soak)\//.test(file)
      : wanted.some((part) => file.includes(part)),
  )
  .sort()
  .map((file) => `dist-test/${file.replace(/\.ts$/, '.js')}`);
if (files.length === 0) {
  console.error(`error: no test file matches ${wanted.join(' ')}`);
  process.exit(2);
}

const runner = spawn(
  process.execPath,
  [
    '--enable-source-maps',
    ...(withOldest ? ['--import', './test/peers/oldest-grpc-js.mjs'] : []),
    '--test',
    '--test-reporter=spec',
    // A test that hangs must end the run with its name, not hold a machine.
    '--test-timeout=240000',
    ...files,
  ],
  { env, stdio: 'inherit' },
);
runner.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 1 : 128);
});
