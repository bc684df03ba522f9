import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createHttpsAgent } from '#src/core/https-request.ts';
import { createSelfSignedCertificate } from '#src/tls/self-signed.ts';
import {
  createDocumentFetcher,
  DocumentDeferredError,
  type DocumentFetcher,
  DocumentMissingError,
} from '#src/token/document-fetcher.ts';
import { KeyDocumentError } from '#src/token/key-set.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const body = (text: string, headers: Readonly<Record<string, string>> = {}): Answer => {
  return (response) => response.writeHead(200, headers).end(text);
};
const status = (code: number, headers: Readonly<Record<string, string>> = {}): Answer => {
  return (response) => response.writeHead(code, headers).end('{}');
};
const cut: Answer = (response) => response.socket?.destroy();

describe('fetching documents', () => {
  let server: Server;
  let ca = '';
  let answers: Answer[] = [];
  let requests: IncomingMessage[] = [];

  before(async () => {
    const { cert, key } = await createSelfSignedCertificate({
      commonName: 'authority',
      hosts: ['localhost'],
      key: 'ec-p256',
      days: 2,
    });
    ca = cert;
    server = createServer({ cert, key: key.reveal() }, (request, response) => {
      requests.push(request);
      const answer = answers.shift();
      if (answer === undefined) response.writeHead(500).end();
      else answer(response, request);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Asks a fetcher of its own, of a server that answers so. */
  async function asking<T>(
    script: readonly Answer[],
    ask: (fetch: DocumentFetcher, url: URL) => Promise<T>,
  ): Promise<T> {
    answers = [...script];
    requests = [];
    const agent = createHttpsAgent(ca);
    const { port } = server.address() as AddressInfo;
    try {
      return await ask(createDocumentFetcher(agent), new URL(`https://localhost:${port}/keys`));
    } finally {
      agent.destroy();
    }
  }
  const fetchOnce = (...script: readonly Answer[]): Promise<string> =>
    asking(script, async (fetch, url) => (await fetch(url, 100)).toString());

  it('returns the body', async () => {
    assert.equal(await fetchOnce(body('keys')), 'keys');
    assert.equal(requests.length, 1);
    assert.equal(requests[0]?.headers['if-none-match'], undefined);
    assert.equal(requests[0]?.headers.cookie, undefined);
  });

  it('refuses a body beyond the bound, without reading on and without a retry', async () => {
    assert.equal((await fetchOnce(body('x'.repeat(100)))).length, 100);
    await assert.rejects(fetchOnce(body('x'.repeat(101)), body('x')), (error) => {
      assert.ok(error instanceof KeyDocumentError);
      assert.match(error.message, /localhost:\d+ gave no answer: the answer exceeds 100 bytes/);
      return true;
    });
    assert.equal(requests.length, 1);
  });

  it('refuses a certificate that is not trusted, without a retry', async () => {
    const agent = createHttpsAgent(undefined);
    const { port } = server.address() as AddressInfo;
    try {
      await assert.rejects(createDocumentFetcher(agent)(new URL(`https://localhost:${port}/`), 9), {
        name: 'KeyDocumentError',
      });
    } finally {
      agent.destroy();
    }
  });

  it('tries again once after a connection that broke', async () => {
    assert.equal(await fetchOnce(cut, body('keys')), 'keys');
    await assert.rejects(fetchOnce(cut, cut, body('keys')), KeyDocumentError);
    assert.equal(requests.length, 2);
  });

  for (const code of [408, 429, 500, 503, 599]) {
    it(`tries again once after status ${code}`, async () => {
      assert.equal(await fetchOnce(status(code), body('keys')), 'keys');
      await assert.rejects(fetchOnce(status(code), status(code), body('keys')), KeyDocumentError);
      assert.equal(requests.length, 2);
    });
  }

  for (const code of [201, 204, 301, 302, 307, 308, 400, 401, 403, 410, 499, 304]) {
    it(`takes status ${code} for an answer: no document, no retry, no redirect followed`, async () => {
      const answer = status(code, { location: 'https://127.0.0.1:1/' });
      await assert.rejects(fetchOnce(answer, body('keys')), (error) => {
        assert.ok(error instanceof KeyDocumentError);
        assert.ok(
          !(error instanceof DocumentMissingError || error instanceof DocumentDeferredError),
        );
        assert.equal(error.message, `the authority answered with status ${code}`);
        return true;
      });
      assert.equal(requests.length, 1);
    });
  }

  it('says when there is no such document', async () => {
    await assert.rejects(fetchOnce(status(404)), DocumentMissingError);
  });

  it('leaves a server alone that asks for it, for at most a minute', async () => {
    for (const [header, wait] of [
      ['7', 7_000],
      ['60', 60_000],
      ['3600', 60_000],
    ] as const) {
      await assert.rejects(fetchOnce(status(503, { 'retry-after': header }), body('x')), {
        name: 'KeyDocumentError',
        retryAfterMs: wait,
      });
      assert.equal(requests.length, 1);
    }
    const date = 'Fri, 15 Jan 2027 12:00:00 GMT';
    assert.equal(await fetchOnce(status(503, { 'retry-after': date }), body('keys')), 'keys');
  });

  it('asks only whether a tagged document changed', async () => {
    const seen = await asking(
      [
        body('one', { etag: '"1"' }),
        status(304),
        body('two', { etag: '"2"' }),
        body('three'),
        body('four'),
      ],
      async (fetch, url) => {
        const texts: string[] = [];
        for (let i = 0; i < 5; i++) texts.push((await fetch(url, 100)).toString());
        return texts;
      },
    );
    assert.deepEqual(seen, ['one', 'one', 'two', 'three', 'four']);
    assert.deepEqual(
      requests.map(({ headers }) => headers['if-none-match']),
      [undefined, '"1"', '"1"', '"2"', undefined],
    );
  });

  it('does not carry around a tag of more than 256 characters', async () => {
    const tagOf = (length: number): string => `"${'x'.repeat(length - 2)}"`;
    await asking(
      [body('a', { etag: tagOf(257) }), body('b', { etag: tagOf(256) }), body('c')],
      async (fetch, url) => {
        for (let i = 0; i < 3; i++) await fetch(url, 100);
      },
    );
    assert.deepEqual(
      requests.map(({ headers }) => headers['if-none-match']?.length),
      [undefined, undefined, 256],
    );
  });

  it('keeps documents of different addresses apart', async () => {
    await asking([body('a', { etag: '"1"' }), body('b')], async (fetch, url) => {
      await fetch(url, 100);
      await fetch(new URL('/other', url), 100);
    });
    assert.equal(requests[1]?.headers['if-none-match'], undefined);
  });
});
