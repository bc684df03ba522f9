// gRPC's interoperability test client.
//
//   npm run interop:client -- --server_host H --server_port N --ca_file FILE [--test_case NAME | all] [--token_file FILE]
//
// Without a token file no token is sent. Exits with 1 when a case fails.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createChannel, createClient } from 'grpc-entra/client';
import { cases } from './cases.ts';
import { TestServiceDefinition, UnimplementedServiceDefinition } from './gen/grpc/testing/test.ts';

const { values } = parseArgs({
  options: {
    server_host: { type: 'string', default: 'localhost' },
    server_port: { type: 'string' },
    ca_file: { type: 'string' },
    test_case: { type: 'string', default: 'all' },
    token_file: { type: 'string' },
  },
});
const { server_port: port, ca_file: caFile, test_case: wanted, token_file: tokenFile } = values;
const names = Object.keys(cases).filter((name) => wanted === 'all' || name === wanted);
if (port === undefined || caFile === undefined || names.length === 0) {
  console.error(
    'error: --server_port N and --ca_file FILE are needed, and a --test_case that exists',
  );
  console.error(`hint: the cases are all, ${Object.keys(cases).join(', ')}`);
  process.exit(2);
}

const token = tokenFile === undefined ? undefined : readFileSync(tokenFile, 'utf8').trim();
const channel = createChannel(`${values.server_host}:${port}`, {
  tls: { caFile },
  ...(token === undefined
    ? { credential: 'none' }
    : {
        credential: {
          getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
        },
        scope: 'api://interop/.default',
      }),
});
const clients = {
  test: createClient(TestServiceDefinition, channel),
  unimplemented: createClient(UnimplementedServiceDefinition, channel),
};
for (const name of names) {
  try {
    await cases[name]?.(clients);
    console.log(`passed: ${name}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAILED: ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
channel.close();
