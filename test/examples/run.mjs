// Runs every example as a user would have it: in an empty folder, with the packed package and each framework's own release.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const FOUR_WAYS = [
  'desk, client streaming: 2 orders placed',
  'desk, unary: tea ordered',
  'desk, server streaming: 2 orders listed',
  'desk, bidirectional: 1 prices quoted',
  'desk, unary, of an order that is not there: NOT_FOUND',
  'desk, client streaming, of an order without lines: INVALID_ARGUMENT',
  'desk, bidirectional, in a currency nobody takes: INVALID_ARGUMENT',
  'visitor, client streaming: PERMISSION_DENIED',
  'visitor, unary: PERMISSION_DENIED',
  'visitor, server streaming: PERMISSION_DENIED',
  'visitor, bidirectional: PERMISSION_DENIED',
  'visitor, unary, of an order that is not there: PERMISSION_DENIED',
  'visitor, client streaming, of an order without lines: PERMISSION_DENIED',
  'visitor, bidirectional, in a currency nobody takes: PERMISSION_DENIED',
];
const USER = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** What each example prints. */
const EXPECTED = {
  'plain-grpc-js': FOUR_WAYS,
  'nice-grpc': FOUR_WAYS,
  nestjs: FOUR_WAYS,
  'service-to-service': [
    'orders: asked by app ID',
    'desk: got order 1',
    'orders: asked by user ID',
    'stock: asked by user ID, deadline inherited',
    'user: got order 2',
    'user without the scope: PERMISSION_DENIED',
  ],
};

const npm = (args, cwd) => execFileSync('npm', args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });

function dependencies() {
  const all = {};
  for (const example of readdirSync('examples')) {
    try {
      const file = readFileSync(`examples/${example}/package.json`, 'utf8');
      Object.assign(all, JSON.parse(file).dependencies);
    } catch {
      // Those that need nothing beyond the package have none.
    }
  }
  return all;
}

function install(folder) {
  const packed = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], '.').toString());
  const manifest = {
    name: 'examples',
    private: true,
    type: 'module',
    dependencies: { ...dependencies(), 'grpc-entra': `file:${packed[0].filename}` },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  npm(['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  cpSync('examples', join(folder, 'examples'), { recursive: true });
  cpSync('proto', join(folder, 'proto'), { recursive: true });
}

function compile(folder) {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    strict: true,
    skipLibCheck: true,
    rewriteRelativeImportExtensions: true,
    experimentalDecorators: true,
    types: ['node'],
    typeRoots: [resolve('node_modules/@types')],
    rootDir: 'examples',
    outDir: 'dist',
  };
  const include = Object.keys(EXPECTED).map((example) => `examples/${example}/main.ts`);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }));
  execFileSync(resolve('node_modules/.bin/tsc'), ['-p', folder], { stdio: 'inherit' });
}

function check(folder, example) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`dist/${example}/main.js`], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
  });
  const lines = stdout.trim().replace(USER, 'ID').split('\n');
  const right = status === 0 && JSON.stringify(lines) === JSON.stringify(EXPECTED[example]);
  console.log(`${right ? 'passed' : 'FAILED'}: ${example}`);
  if (right) return;
  console.log(`exit code ${status}\n${stdout}${stderr}`);
  process.exitCode = 1;
}

const folder = mkdtempSync(join(tmpdir(), 'grpc-entra-examples-'));
try {
  install(folder);
  compile(folder);
  for (const example of Object.keys(EXPECTED)) check(folder, example);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
