import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { AcquisitionError, clientSecret } from 'grpc-entra/client';
import { type EntraEmulator, startEntraEmulator } from 'grpc-entra/emulator';
import { tempDir } from '../support/temp-dir.ts';

const SECRET = 'a-secret-that-must-not-appear+/=';
const SCOPE = 'api://orders/.default';

let emulator: EntraEmulator;
before(async () => {
  emulator = await startEntraEmulator({
    apis: [{ name: 'orders', identifierUris: ['api://orders'] }],
    apps: [{ name: 'desk', secrets: [SECRET] }],
  });
});
after(() => emulator.close());

const options = () => ({
  tenantId: emulator.tenantId,
  clientId: emulator.app('desk').clientId,
  secret: SECRET,
  authority: emulator.authority,
});

async function failure(promise: Promise<unknown>): Promise<AcquisitionError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof AcquisitionError, String(error));
    return error;
  }
  assert.fail('a token was issued');
}

describe('clientSecret', () => {
  it('obtains a token', async () => {
    const token = await clientSecret(options()).getToken(SCOPE);
    assert.match(token?.token ?? '', /^ey/);
    assert.ok((token?.expiresOnTimestamp ?? 0) > Date.now());
  });

  it('C16 takes the secret from text, file or function, and reads the file anew each time', async () => {
    using dir = tempDir();
    const file = dir.file('secret');
    writeFileSync(file, `${SECRET}\n`);
    const fromFile = clientSecret({ ...options(), secret: { fromFile: file } });
    await fromFile.getToken(SCOPE);
    writeFileSync(file, 'rotated-and-wrong');
    assert.equal((await failure(fromFile.getToken(SCOPE))).details.aadsts, 7000215);
    await clientSecret({ ...options(), secret: async () => SECRET }).getToken(SCOPE);
  });

  it('names a secret file that is missing or empty', async () => {
    using dir = tempDir();
    const missing = clientSecret({ ...options(), secret: { fromFile: dir.file('nowhere') } });
    await assert.rejects(missing.getToken(SCOPE), {
      code: 'ERR_FILE_UNREADABLE',
      message: /nowhere.*cannot be read/,
    });
    writeFileSync(dir.file('empty'), '\n');
    const empty = clientSecret({ ...options(), secret: { fromFile: dir.file('empty') } });
    await assert.rejects(empty.getToken(SCOPE), {
      code: 'ERR_FILE_UNREADABLE',
      message: /is empty/,
    });
  });

  it('says what was refused, with the trace id and a hint', async () => {
    const error = await failure(clientSecret({ ...options(), secret: 'wrong' }).getToken(SCOPE));
    assert.equal(error.code, 'ERR_ACQUISITION_REJECTED');
    assert.match(
      error.message,
      /HTTP 401, invalid_client, AADSTS7000215, trace [0-9a-f-]{36}.*Secret ID/,
    );
    assert.match(error.details.traceId ?? '', /^[0-9a-f-]{36}$/);
  });

  it('C15 shows its secret nowhere: inspect, JSON, errors', async () => {
    const credential = clientSecret({
      ...options(),
      clientId: '3f0c1c1e-7c0a-4b39-9d7c-3b4c4c1a2b14',
    });
    const error = await failure(credential.getToken(SCOPE));
    const shown = [
      inspect(credential, { depth: 10, showHidden: true }),
      JSON.stringify(credential),
      inspect(error, { depth: 10, showHidden: true }),
      JSON.stringify(error),
    ].join('\n');
    assert.ok(!shown.includes(SECRET));
  });

  it('names a certificate that is not trusted, and does not retry it (C10)', async () => {
    const other = await startEntraEmulator({ apis: [], apps: [] });
    const authority = { emulator: emulator.origin, ca: other.ca };
    await other.close();
    const error = await failure(clientSecret({ ...options(), authority }).getToken(SCOPE));
    assert.equal(error.code, 'ERR_ACQUISITION_UNAVAILABLE');
    assert.equal(error.retryable, false);
    assert.match(error.message, /certificate was not accepted \([A-Z_]+\).*caFile/);
  });

  it('reports an authority that is not there as unavailable', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    await new Promise((resolve) => server.close(resolve));
    const authority = { emulator: `https://localhost:${port}`, ca: emulator.ca };
    const error = await failure(clientSecret({ ...options(), authority }).getToken(SCOPE));
    assert.equal(error.code, 'ERR_ACQUISITION_UNAVAILABLE');
    assert.equal(error.retryable, true);
  });

  it('ends when it is aborted', async () => {
    const controller = new AbortController();
    controller.abort();
    const error = await failure(
      clientSecret(options()).getToken(SCOPE, { abortSignal: controller.signal }),
    );
    assert.equal(error.code, 'ERR_ACQUISITION_ABORTED');
  });

  it('checks its options at once', () => {
    const bad: readonly (readonly [object, RegExp])[] = [
      [{ tenantId: 'common' }, /tenantId must be a GUID/],
      [{ clientId: 'orders' }, /clientId must be a GUID/],
      [{ secret: '' }, /secret must be a non-empty string/],
      [{ secret: undefined }, /a string, \{ fromFile \} or a function/],
      [{ secret: { fromfile: 'x' } }, /did you mean "fromFile"/],
      [{ authority: 'azure' }, /one of "global", "usgov", "china"/],
      [{ clientSecret: 'x' }, /unknown option/],
    ];
    for (const [change, message] of bad) {
      assert.throws(() => clientSecret({ ...options(), ...change } as never), {
        name: 'ConfigError',
        message,
      });
    }
  });
});

describe('an emulator as authority', () => {
  it('E2 is refused off this machine and in production', () => {
    const off = [
      'https://entra.example.com',
      'http://localhost:1',
      'https://localhost:1/tenant',
      'https://10.0.0.1:1',
    ];
    for (const emulated of off) {
      assert.throws(
        () => clientSecret({ ...options(), authority: { emulator: emulated, ca: emulator.ca } }),
        {
          code: 'ERR_EMULATOR_FORBIDDEN',
        },
      );
    }
    process.env['NODE_ENV'] = 'production';
    try {
      assert.throws(() => clientSecret(options()), {
        code: 'ERR_EMULATOR_FORBIDDEN',
        message: /production/,
      });
    } finally {
      delete process.env['NODE_ENV'];
    }
    clientSecret(options());
  });
});
