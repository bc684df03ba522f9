import { parseArgs } from 'node:util';
import { ConfigError } from '../core/errors.ts';
import {
  createDevelopmentCertificates,
  issueClientCertificate,
  revokeCertificate,
  writeRevocationLists,
} from '../tls/dev-ca.ts';
import type { RevocationReason } from '../tls/dev-ca-revocation.ts';

const USAGE = `usage: grpc-entra certs [COMMAND] [--dir DIR] [--json]

commands:
  make           (default) makes what is missing of a development CA, a server and a client certificate, and renews
                 what nears its end; safe to run from cron
  client NAME    makes or renews a further client certificate
  revoke FILE    revokes a certificate of this CA and writes crl.pem
  crl            writes crl.pem, the revocation lists of both CAs

options:
  --dir DIR      where the CA is (default: certs/dev)
  --host NAME    make: name or address of the server, repeatable (default: localhost, 127.0.0.1, ::1)
  --reason WORD  revoke: unspecified, keyCompromise, superseded or cessationOfOperation (default: unspecified)
  --json         print the paths as one JSON line
`;

/** Wrong usage: exit code 2. */
class UsageError extends Error {}

interface Arguments {
  readonly command: string;
  readonly operand: string | undefined;
  readonly dir: string;
  readonly hosts: readonly string[] | undefined;
  readonly reason: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

const OPERANDS: Readonly<Record<string, string | undefined>> = {
  make: undefined,
  client: 'NAME',
  revoke: 'FILE',
  crl: undefined,
};

function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      dir: { type: 'string' },
      host: { type: 'string', multiple: true },
      reason: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const [command = 'make', operand, ...rest] = positionals;
  if (!Object.hasOwn(OPERANDS, command)) throw new UsageError(`no command "${command}"`);
  const wanted = OPERANDS[command];
  if (wanted !== undefined && operand === undefined) {
    throw new UsageError(`${command} needs ${wanted}`);
  }
  if (rest.length > 0 || (wanted === undefined && operand !== undefined)) {
    throw new UsageError(`${command} takes ${wanted === undefined ? 'no operand' : 'one operand'}`);
  }
  return {
    command,
    operand,
    dir: values.dir ?? 'certs/dev',
    hosts: values.host,
    reason: values.reason,
    json: values.json === true,
    help: values.help === true,
  };
}

function execute(
  { command, operand = '', dir, hosts, reason }: Arguments,
  report: (line: string) => void,
): Promise<object> {
  const place = { directory: dir, report };
  switch (command) {
    case 'client':
      return issueClientCertificate({ ...place, name: operand });
    case 'revoke':
      return revokeCertificate({
        ...place,
        certFile: operand,
        // Checked there, with the words to choose from.
        ...(reason === undefined ? {} : { reason: reason as RevocationReason }),
      });
    case 'crl':
      return writeRevocationLists(place);
    default:
      return createDevelopmentCertificates(hosts === undefined ? place : { ...place, hosts });
  }
}

async function run(args: Arguments): Promise<void> {
  if (args.help) {
    process.stdout.write(USAGE);
    return;
  }
  const made: string[] = [];
  const files = await execute(args, (line) => made.push(line));
  if (args.json) {
    process.stdout.write(`${JSON.stringify(files)}\n`);
    return;
  }
  for (const line of made) process.stdout.write(`${line}\n`);
  if (made.length === 0) process.stdout.write('everything is there and valid\n');
}

/**
 * Runs the command.
 *
 * @returns The exit code.
 */
export async function certsCommand(argv: readonly string[]): Promise<number> {
  let args: Arguments;
  try {
    args = parseArguments(argv);
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.stderr.write(`hint: ${USAGE}`);
    return 2;
  }
  try {
    await run(args);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // A ConfigError's message is "what was found; what to do".
    const [found = message, ...hints] =
      error instanceof ConfigError ? message.split('; ') : [message];
    process.stderr.write(`error: ${found}\n`);
    for (const hint of hints) process.stderr.write(`hint: ${hint}\n`);
    return 1;
  }
}
