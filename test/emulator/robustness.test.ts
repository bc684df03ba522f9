import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import { createHttpsAgent, httpsRequest } from '#src/core/https-request.ts';
import type { LogFields } from '#src/core/log.ts';
import { askToken, outcome, withSecret } from '../support/emulated.ts';
import { ask, json } from '../support/https.ts';

const lines: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
const ignore = () => {};
const options = {
  apis: [{ name: 'orders', identifierUris: ['api://orders'] }],
  apps: [{ name: 'desk' }],
  logger: {
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (message: string, fields?: LogFields) => void lines.push({ message, fields }),
  },
};

let emulator: EntraEmulator;
before(async () => {
  emulator = await startEntraEmulator(options);
});
after(() => emulator.close());
beforeEach(() => {
  lines.length = 0;
});

const portOf = (one: EntraEmulator): number => Number(new URL(one.origin).port);

async function open(one: EntraEmulator): Promise<TLSSocket> {
  const socket = connect({
    port: portOf(one),
    host: '127.0.0.1',
    servername: 'localhost',
    ca: one.ca,
  });
  await once(socket, 'secureConnect');
  return socket;
}

/** Sends bytes, and returns what comes back until the connection ends. */
async function send(bytes: string): Promise<string> {
  const socket = await open(emulator);
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  socket.on('error', () => {});
  socket.end(bytes);
  await once(socket, 'close');
  return answer;
}

const works = async () =>
  assert.equal(
    outcome(await askToken(emulator, withSecret(emulator, 'desk', 'api://orders/.default'))),
    0,
  );

describe('the emulator under bad input', () => {
  const path = () => `/${emulator.tenantId}/oauth2/v2.0/token`;
  const inputs: readonly (readonly [string, () => string])[] = [
    ['no HTTP', () => 'nonsense\r\n\r\n'],
    ['a request for another host', () => 'GET https://evil.example/x HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a target of slashes', () => 'GET //////// HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a target that names a host', () => 'GET //evil.example/v2.0 HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a target with broken escapes', () => 'GET /%E0%A4%A/x?%zz HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['an asterisk', () => 'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a tunnel', () => 'CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n'],
    [
      'an upgrade',
      () => 'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
    ],
    ['a huge header', () => `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`],
    ['half a body', () => `POST ${path()} HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\nhalf`],
    [
      'a body of garbage',
      () => `POST ${path()} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n%%&=`,
    ],
    [
      'a wrong Basic header',
      () =>
        `POST ${path()} HTTP/1.1\r\nhost: x\r\nauthorization: Basic ====\r\ncontent-length: 29\r\n\r\ngrant_type=client_credentials`,
    ],
  ];
  for (const [name, bytes] of inputs) {
    it(`survives ${name}`, async () => {
      const answer = await send(bytes());
      assert.ok(!answer.includes(' 200 ') && !answer.includes(' 500 '));
      await works();
    });
  }

  it('answers a body of a megabyte with 413', async () => {
    const response = await ask(emulator.ca, emulator.origin + path(), {
      method: 'POST',
      body: 'x'.repeat(1_000_000),
    }).catch((error: unknown) => error);
    // The connection may end before all of the body is out; either way no token is issued and it stays up.
    assert.ok(
      response instanceof Error || (response as { readonly status: number }).status === 413,
    );
    await works();
  });

  it('answers in JSON where nothing is', async () => {
    const response = await ask(emulator.ca, `${emulator.origin}/nothing`);
    assert.equal(response.status, 404);
    assert.equal(json(response)['error'], 'not_found');
  });
});

describe('T6 the name of the emulator', () => {
  it('hints once when it is asked under another', async () => {
    await using own = await startEntraEmulator(options);
    const path = `/${own.tenantId}/v2.0/.well-known/openid-configuration`;
    await ask(own.ca, own.origin + path);
    assert.equal(lines.length, 0);
    const other = own.origin.replace('localhost', '127.0.0.1');
    const metadata = json(await ask(own.ca, other + path));
    await ask(own.ca, other + path);
    assert.equal(metadata['issuer'], `${own.origin}/${own.tenantId}/v2.0`);
    assert.equal(lines.length, 1);
    assert.match(lines[0]?.message ?? '', /another name than its own/);
  });
});

describe('closing', () => {
  it('E1 ends idle connections and requests in flight, at once and as often as it is asked', async () => {
    const own = await startEntraEmulator(options);
    const agent = createHttpsAgent(own.ca);
    const idle = await open(own);
    const idleClosed = once(idle, 'close');
    idle.on('error', () => {}).resume();
    own.inject({ kind: 'held' });
    const held = httpsRequest({
      method: 'POST',
      url: new URL(`${own.origin}/${own.tenantId}/oauth2/v2.0/token`),
      agent,
      body: 'grant_type=client_credentials',
      timeoutMs: 5000,
      maxBytes: 1000,
    });
    const refused = assert.rejects(held, { failure: 'network' });
    await own.requests.waitFor('token');
    await Promise.all([own.close(), own.close(), refused, idleClosed]);
    await own.close();
    await assert.rejects(ask(own.ca, `${own.origin}/`), { failure: 'network' });
    agent.destroy();
  });

  it('E2 cannot be reached but over loopback', async () => {
    const socket = await open(emulator);
    assert.equal(socket.remoteAddress, '127.0.0.1');
    socket.destroy();
  });
});
