// Takes out one refusal at a time and asks whether some test notices. A survivor is a check that nothing tests.
//
//   node test/mutation/mutate.mjs [group] [part of a file name]
//
// Needs compiled sources and tests (tsc -b test). Works on copies; exits with 1 when a survivor is unexplained.
import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { groups } from './groups.mjs';
import { mutantsOf } from './mutants.mjs';

const WORKERS = 2;
/** A mutant that loops for ever is noticed by its silence. */
const TIMEOUT_MS = 30_000;

/** A test reporter that ends the process: one failing test is all that is asked for. */
const STOP_AT_FIRST_FAILURE = `export default async function* (events) {
  for await (const { type } of events) if (type === 'test:fail') process.exit(1);
}
`;

const [groupName = 'token', part = ''] = process.argv.slice(2);
const group = groups[groupName];
if (group === undefined) {
  console.error(`error: no group ${groupName}; there are ${Object.keys(groups).join(', ')}`);
  process.exit(2);
}

/** A copy of the package in which one file at a time is changed. */
function makeCopy() {
  const directory = mkdtempSync(join(tmpdir(), 'mutation-'));
  for (const name of ['dist', 'dist-test', 'dist-examples', 'certs'])
    cpSync(name, join(directory, name), { recursive: true });
  cpSync('package.json', join(directory, 'package.json'));
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'));
  mkdirSync(join(directory, 'test'));
  symlinkSync(resolve('test/vectors'), join(directory, 'test/vectors'));
  writeFileSync(join(directory, 'stop-at-first-failure.mjs'), STOP_AT_FIRST_FAILURE);
  return directory;
}

/** Runs test files in one process, which is quicker than one for each. */
function testsPass(directory, tests) {
  const imports = tests.map((file) => `import './dist-test/${file}';\n`).join('');
  writeFileSync(join(directory, 'run.mjs'), imports);
  const env = { ...process.env, TEST_KEY_FOLDER: directory };
  for (const name of ['NODE_OPTIONS', 'NODE_ENV', 'NODE_EXTRA_CA_CERTS']) delete env[name];
  const args = ['--test-reporter=./stop-at-first-failure.mjs', 'run.mjs'];
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: directory, env, stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    child.on('exit', (code) => {
      clearTimeout(timer);
      done(code === 0);
    });
  });
}

const jobs = Object.entries(group.files)
  .filter(([file]) => file.includes(part))
  .flatMap(([file, tests]) => {
    const source = readFileSync(join('dist', file), 'utf8');
    return mutantsOf(source, group.statements).map((mutant) => ({
      ...mutant,
      file,
      tests,
      source,
    }));
  });
const total = jobs.length;
const survivors = [];

async function work(directory) {
  for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
    const path = join(directory, 'dist', job.file);
    writeFileSync(path, job.code);
    const others = group.tests.filter((file) => !job.tests.includes(file));
    if ((await testsPass(directory, job.tests)) && (await testsPass(directory, others))) {
      survivors.push(job);
    }
    writeFileSync(path, job.source);
  }
}

const same = (a, b) => a.file === b.file && a.kind === b.kind && a.text === b.text;
const started = Date.now();
const copies = Array.from({ length: WORKERS }, makeCopy);
try {
  const all = [...new Set([...Object.values(group.files).flat(), ...group.tests])];
  // Once in each copy: it shows that the tests pass, and leaves their keys behind for the runs to come.
  const passed = await Promise.all(copies.map((copy) => testsPass(copy, all)));
  if (passed.includes(false)) {
    console.error('error: the tests fail without any mutation');
    process.exit(2);
  }
  await Promise.all(copies.map(work));
} finally {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
}

const unexplained = survivors.filter((mutant) => !group.explained.some((e) => same(e, mutant)));
const stale = group.explained.filter(
  (e) => e.file.includes(part) && !survivors.some((mutant) => same(e, mutant)),
);
for (const { file, line, kind, text } of unexplained.sort((a, b) =>
  a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1,
)) {
  console.error(`survived: ${file}:${line} ${kind}: ${text}`);
}
for (const { file, kind, text } of stale) {
  console.error(`explained, but noticed or gone: ${file} ${kind}: ${text}`);
}
const seconds = Math.round((Date.now() - started) / 1000);
console.log(
  `${total} mutants, ${total - survivors.length} noticed, ${survivors.length - unexplained.length} explained, ` +
    `${unexplained.length} unexplained, ${seconds} s`,
);
process.exitCode = unexplained.length + stale.length > 0 ? 1 : 0;
