import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type ConnectionData, keepRunning } from '../support/kept-stack.ts';
import { sClient } from '../support/s-client.ts';

const run = promisify(execFile);

async function curlToken(
  data: ConnectionData,
  app: ConnectionData['apps'][number],
): Promise<string> {
  const { stdout } = await run('curl', [
    '--silent',
    '--show-error',
    '--fail',
    '--cacert',
    data.emulator.caFile,
    '--data-urlencode',
    'grant_type=client_credentials',
    '--data-urlencode',
    `client_id=${app.clientId}`,
    '--data-urlencode',
    `client_secret=${app.clientSecret}`,
    '--data-urlencode',
    `scope=${data.scope}`,
    `${data.emulator.authority}/${data.emulator.tenantId}/oauth2/v2.0/token`,
  ]);
  return String((JSON.parse(stdout) as Record<string, unknown>)['access_token']);
}

function pythonClient(input: unknown): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      '/usr/bin/python3',
      ['test/interop/orders_client.py'],
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout) as Record<string, unknown>);
        else reject(new Error(`${stderr}\nhint: apt-get install python3-grpcio`, { cause: error }));
      },
    );
    child.stdin?.end(JSON.stringify(input));
  });
}

describe('the stack that npm start -- --keep --json leaves running', () => {
  it('serves curl, Python and openssl from its one line alone, and stops within 5 s', async () => {
    const { child, data, stdout } = await keepRunning();
    try {
      const able = data.apps.find((app) => app.roles.length > 0);
      assert.ok(able !== undefined && data.apps.some((app) => app.roles.length === 0));
      const token = await curlToken(data, able);
      const result = await pythonClient({ ...data.orders, token });
      assert.deepEqual(result, {
        unary: true,
        streamed: 1,
        anonymous: 'UNAUTHENTICATED',
        challenge: 'Bearer realm="entra"',
      });
      const port = Number(data.orders.address.split(':').at(-1));
      const trusted = [
        '-CAfile',
        data.orders.caFile,
        '-servername',
        'localhost',
        '-alpn',
        'h2',
        '-verify_return_error',
      ];
      assert.equal((await sClient(port, [...trusted, '-tls1_2'])).code, 0);
      assert.equal((await sClient(port, [...trusted, '-tls1_3'])).code, 0);
      assert.equal(
        (await sClient(port, [...trusted, '-tls1_1', '-cipher', 'ALL@SECLEVEL=0'])).code,
        1,
      );
      const cbc = ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA@SECLEVEL=0'];
      assert.equal((await sClient(port, [...trusted, ...cbc])).code, 1);
    } finally {
      const asked = performance.now();
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      assert.equal(code, 0);
      // The contract of the command, not a measurement.
      assert.ok(performance.now() - asked < 5000);
    }
    assert.match(stdout(), /^[^\n]+\n$/);
  });
});

describe('the command line of npm start', () => {
  it('explains what it does not know', async () => {
    await assert.rejects(run(process.execPath, ['dist-examples/orders/start.js', '--kep']), {
      code: 2,
      stderr: /error: .*--kep/,
    });
    await assert.rejects(run(process.execPath, ['dist-examples/orders/start.js', '--json']), {
      code: 2,
      stderr: /--json goes with --keep/,
    });
  });
});
