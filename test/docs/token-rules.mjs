// Writes docs/token-rules.md: each rule with the check that keeps it and the tests that show it.
//
//   node test/docs/token-rules.mjs            exits with 1 where the page is out of date or a rule has no test
//   node test/docs/token-rules.mjs --update   writes the page
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { groups } from './rules.mjs';

const PAGE = 'docs/token-rules.md';
/** Where rules are kept. */
const SOURCES = ['src/token', 'src/authorize', 'src/server', 'src/core'];
/** Where tests carry their numbers. Other folders number rules of other things. */
const TESTS = ['test/token', 'test/attacks', 'test/authorize', 'test/server'];

const all = Object.values(groups).flat();
const numbers = all.map(({ rule }) => rule);

const filesOf = (folders) =>
  folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .map((file) => join(folder, file)),
  );

/** Rules named by `M1`, `M1 to M7`, `A1, A7` or `K4, K4b and K5`. */
function rulesIn(phrase) {
  const found = [];
  for (const [, from, to] of phrase.matchAll(/([A-Z]\d+[a-c]?)(?: to ([A-Z]\d+[a-c]?))?/g)) {
    const start = numbers.indexOf(from);
    const end = to === undefined ? start : numbers.indexOf(to);
    if (start >= 0) found.push(...numbers.slice(start, end + 1));
  }
  return found;
}

function add(map, rule, value) {
  const known = map.get(rule) ?? new Set();
  known.add(value);
  map.set(rule, known);
}

/** Reason codes and files behind each rule. */
function readChecks() {
  const reasons = new Map();
  const files = new Map();
  for (const file of filesOf(SOURCES)) {
    const text = readFileSync(file, 'utf8');
    for (const [, rule, reason] of text.matchAll(/rule: '([A-Z]\d+[a-c]?)',\s*reason: '(\w+)'/g)) {
      add(reasons, rule, reason);
      add(files, rule, file);
    }
    for (const [, reason, rule] of text.matchAll(/(\w+): \{ rule: '([A-Z]\d+[a-c]?)'/g)) {
      add(reasons, rule, reason);
    }
    // Comments run over line ends.
    const comments = text.replace(/\n\s*(?:\*|\/\/)\s?/g, ' ');
    for (const [, phrase] of comments.matchAll(
      /\brules? ((?:[A-Z]\d+[a-c]?(?:, | to | and |\/)?)+)/gi,
    )) {
      for (const rule of rulesIn(phrase)) add(files, rule, file);
    }
  }
  return { reasons, files };
}

/** Files whose tests have a rule's number at the start of their names, or in the table they are made from. */
function readTests() {
  const tests = new Map();
  for (const file of filesOf(TESTS)) {
    const text = readFileSync(file, 'utf8');
    // A name such as 'H5 and H11 ignore x5t' shows both rules.
    for (const [, name] of text.matchAll(/['"`]([A-Z]\d+[a-c]?(?=['"` ])[^'"`\n]*)/g)) {
      for (const [word] of name.matchAll(/\b[A-Z]\d+[a-c]?\b/g)) {
        if (numbers.includes(word)) add(tests, word, file);
      }
    }
  }
  return tests;
}

const byName = (a, b) => (a < b ? -1 : 1);
const cell = (values, write) => [...(values ?? [])].toSorted(byName).map(write).join('<br>') || '–';

const HEADINGS = ['rule', 'demands', 'reason codes', 'kept in', 'shown by'];

/** A table with columns of even width, as the formatter of this project writes them. */
function table(rows) {
  const widths = HEADINGS.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((text, i) => text.padEnd(widths[i])).join(' | ')} |`;
  const [first, ...rest] = rows.map(line);
  return [first, line(widths.map((width) => '-'.repeat(width))), ...rest];
}

function render() {
  const { reasons, files } = readChecks();
  const tests = readTests();
  const lines = [
    '# The rules a token must keep',
    '',
    'Every call carries a token that keeps all of these. A refusal names its rule in the audit, with the reason code',
    'below; the caller is told the class alone. Numbers never change their meaning.',
    '',
    'This page is generated: `node test/docs/token-rules.mjs --update`.',
  ];
  for (const [group, rules] of Object.entries(groups)) {
    const rows = rules.map(({ rule, text, untested }) => {
      const shown = cell(tests.get(rule), (file) => `[${file.slice(5)}](../${file})`);
      const kept = cell(files.get(rule), (file) => `[${file.slice(4)}](../${file})`);
      const codes = cell(reasons.get(rule), (reason) => `\`${reason}\``);
      const also = shown === '–' ? '' : `${shown}<br>`;
      return [rule, text, codes, kept, untested === undefined ? shown : also + untested];
    });
    lines.push('', `## ${group}`, '', ...table([HEADINGS, ...rows]));
  }
  return { page: `${lines.join('\n')}\n`, tests };
}

const { page, tests } = render();
if (process.argv.includes('--update')) writeFileSync(PAGE, page);
const problems = all
  .filter(({ rule, untested }) => untested === undefined && !tests.has(rule))
  .map(({ rule }) => `rule ${rule} has no test and no reason for having none`);
if (readFileSync(PAGE, 'utf8') !== page) {
  problems.push(`${PAGE} is out of date: run node test/docs/token-rules.mjs --update`);
}
for (const problem of problems) console.error(`error: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
