import { parseArgs } from 'node:util';
import { ConfigError } from '../core/errors.ts';
import { createDevelopmentCertificates } from '../tls/dev-ca.ts';

const USAGE = `usage: npm run certs -- [--dir DIR] [--host NAME]... [--json]

Makes what is missing of a development CA, a server and a client certificate.
  --dir DIR    where to put them (default: certs/dev)
  --host NAME  name or address of the server, repeatable (default: localhost, 127.0.0.1, ::1)
  --json       print the paths as one JSON line
`;

interface Arguments {
  readonly dir: string;
  readonly hosts: readonly string[] | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

function parseArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      dir: { type: 'string' },
      host: { type: 'string', multiple: true },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  return {
    dir: values.dir ?? 'certs/dev',
    hosts: values.host,
    json: values.json === true,
    help: values.help === true,
  };
}

async function run(args: Arguments): Promise<void> {
  if (args.help) {
    process.stdout.write(USAGE);
    return;
  }
  const made: string[] = [];
  const files = await createDevelopmentCertificates({
    directory: args.dir,
    ...(args.hosts === undefined ? {} : { hosts: args.hosts }),
    report: (line) => made.push(line),
  });
  if (args.json) {
    process.stdout.write(`${JSON.stringify(files)}\n`);
    return;
  }
  for (const line of made) process.stdout.write(`${line}\n`);
  if (made.length === 0) process.stdout.write('everything is there and valid\n');
}

async function main(): Promise<number> {
  let args: Arguments;
  try {
    args = parseArguments(process.argv.slice(2));
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

process.exitCode = await main();
