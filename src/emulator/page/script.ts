/**
 * The script of the page: shows registrations, sign-ins as they come, and decoded tokens.
 *
 * All text reaches the document as text, never as markup: requests carry what anybody wrote into them.
 */
export const pageScript: string = `
const MAX_ROWS = 500;
const WORDS = {
  token: 'Token issued', answered: 'Answered', refused: 'Refused', failed: 'Failed',
  unfinished: 'No whole answer', pass: 'Passes', fail: 'Fails', unknown: 'Cannot be told',
};
const SIGNS = { token: '\\u2713', pass: '\\u2713', answered: '\\u2022', unknown: '?' };
const $ = (id) => document.getElementById(id);

function node(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className !== undefined) made.className = className;
  return made;
}

function cell(content, className) {
  const made = node('td', undefined, className);
  made.append(...[content].flat().map((part) => part instanceof Node ? part : String(part ?? '')));
  return made;
}

function row(...cells) {
  const made = node('tr');
  made.append(...cells.map((content) => content instanceof HTMLTableCellElement ? content : cell(content)));
  return made;
}

const mark = (word) => node('span', (SIGNS[word] ?? '\\u2717') + ' ' + WORDS[word], word);
const code = (text) => node('code', text);
const codes = (texts) => texts.flatMap((text, index) => index === 0 ? [code(text)] : [node('br'), code(text)]);
const fill = (id, rows) => $(id).tBodies[0].replaceChildren(...rows);

// Registrations

const granted = (app) => [...app.roles, ...app.scopes]
  .map(({ api, names }) => api + ': ' + (names.join(', ') || 'nothing')).join('; ') || 'nothing';

let shown = '';
async function showState() {
  const response = await fetch('/emulator/state');
  const text = await response.text();
  if (!response.ok || text === shown) return;
  shown = text;
  const state = JSON.parse(text);
  $('origin').textContent = state.origin;
  $('tenant').textContent = state.tenants[0].tenantId;
  fill('apps', state.apps.map((app) =>
    row(app.name, code(app.clientId), app.credentials.join('; ') || 'nothing', granted(app))));
  fill('apis', state.apis.map((api) =>
    row(api.name, code(api.clientId), codes(api.identifierUris),
      'v' + api.version + (api.assignmentRequired ? ', assignment required' : ''),
      api.appRoles.join(', '), api.scopes.join(', '))));
  fill('tenants', state.tenants.map((tenant) =>
    row(tenant.name, code(tenant.tenantId), tenant.domains.join(', '))));
  fill('users', state.users.map((user) => row(user.name, code(user.objectId))));
  const uses = { next: 'published, will sign next', signs: 'signs', retired: 'published, no longer signs' };
  fill('keys', state.keys.map((key) => row(code(key.kid), uses[key.use])));
}

// Sign-ins

const isSignIn = (line) => line.endpoint === 'token' || line.endpoint === 'managed-identity';
const isWrong = (line) => line.outcome !== 'token' && line.outcome !== 'answered';
const isWanted = (line) =>
  (isSignIn(line) || $('all-requests').checked) && (isWrong(line) || !$('only-refused').checked);

let lines = [];

function outcomeCell(line) {
  const made = cell(mark(line.outcome));
  if (line.aadsts !== null) {
    const link = node('a', 'AADSTS' + line.aadsts);
    link.href = '/error?code=' + line.aadsts;
    made.append(node('br'), link);
  } else if (isWrong(line) && line.status !== null) made.append(' ', String(line.status));
  if (line.error !== null) made.append(node('br'), line.error);
  return made;
}

function lineRow(line) {
  const asked = line.scope ?? line.method + ' ' + line.path;
  const who = line.app ?? (line.clientId === null ? '' : line.clientId + ' (not registered)');
  const how = line.credential === null ? [] : [node('br'), node('span', 'by ' + line.credential, 'muted')];
  return row(cell(line.at.slice(11, 19), 'keep'), outcomeCell(line), cell([who, ...how]),
    cell(asked), cell(line.client), cell(code(line.correlationId)));
}

function drawLines() {
  fill('sign-ins', lines.filter(isWanted).slice(0, MAX_ROWS).map(lineRow));
}

function addLine(line) {
  lines.unshift(line);
  lines.length = Math.min(lines.length, 2 * MAX_ROWS);
  if (!isWanted(line)) return;
  const body = $('sign-ins').tBodies[0];
  body.prepend(lineRow(line));
  while (body.rows.length > MAX_ROWS) body.deleteRow(-1);
  $('last').textContent = 'Last: ' + WORDS[line.outcome] + (line.app === null ? '' : ' for ' + line.app)
    + (line.aadsts === null ? '' : ', AADSTS' + line.aadsts + ' ' + (line.error ?? ''));
}

function live(isOn) {
  $('live').textContent = isOn ? '\\u25cf Live' : '\\u25cb Not connected; trying again';
  $('live').className = isOn ? 'on' : 'off';
}

let instance;
const source = new EventSource('/emulator/sign-ins');
source.addEventListener('open', () => live(true));
source.addEventListener('error', () => live(false));
source.addEventListener('instance', ({ data }) => {
  if (instance !== undefined && instance !== data) {
    lines = [];
    drawLines();
  }
  instance = data;
  refresh();
});
source.addEventListener('message', ({ data }) => addLine(JSON.parse(data)));

for (const id of ['only-refused', 'all-requests']) $(id).addEventListener('change', drawLines);
$('clear').addEventListener('click', () => {
  lines = [];
  drawLines();
});

// Decoder

const inner = (members) => members === undefined ? 'cannot be read' : JSON.stringify(members, undefined, 2);

function summary(marks) {
  const failed = marks.filter(({ verdict }) => verdict === 'fail').map(({ rule }) => rule);
  const open = marks.filter(({ verdict }) => verdict === 'unknown').length;
  const rest = open === 0 ? '' : ' ' + open + ' cannot be told.';
  return failed.length === 0
    ? 'No rule that the emulator can tell fails.' + rest
    : 'Fails ' + failed.join(', ') + '.' + rest;
}

$('decoder').addEventListener('submit', async (event) => {
  event.preventDefault();
  const response = await fetch('/emulator/decode', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: $('token').value }),
  }).catch(() => undefined);
  if (response?.ok !== true) {
    $('verdict').textContent = 'The emulator did not decode it' +
      (response === undefined ? '.' : ' (status ' + response.status + ').');
    return;
  }
  const { header, claims, marks } = await response.json();
  // What fails first, and within a verdict in the order of the rules.
  const inOrder = ['fail', 'unknown', 'pass'].flatMap((wanted) =>
    marks.filter(({ verdict }) => verdict === wanted));
  fill('marks', inOrder.map(({ rule, verdict, demand, note }) =>
    row(cell(rule, 'keep'), cell(mark(verdict), 'keep'), demand, note)));
  $('token-header').textContent = inner(header);
  $('token-claims').textContent = inner(claims);
  $('verdict').textContent = summary(marks);
  $('verdict').className = marks.some(({ verdict }) => verdict === 'fail') ? 'fail' : 'pass';
  $('decoded').hidden = false;
});

// Keys rotate without a request that would tell.
const refresh = () => { showState().catch(() => undefined); };
function keepFresh() {
  refresh();
  setInterval(() => { if (!document.hidden) refresh(); }, 3000);
}
keepFresh();
`;
