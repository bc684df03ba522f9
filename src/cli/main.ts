#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { nearestName } from '../core/options.ts';
import { certsCommand } from './certs-command.ts';
import { emulatorCommand } from './emulator-command.ts';

const USAGE = `usage: grpc-entra COMMAND [options]

commands:
  certs       makes certificates for development and internal use
  emulator    runs an Entra for development on this machine

  grpc-entra COMMAND --help tells more; grpc-entra --version tells the version
`;

type Command = (argv: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  certs: certsCommand,
  emulator: emulatorCommand,
};

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { version: text } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return text;
}

async function main([name = '', ...argv]: readonly string[]): Promise<number> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command !== undefined) return command(argv);
  if (name === '--help' || name === '-h') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const near = nearestName(name, Object.keys(commands));
  process.stderr.write(`error: ${name === '' ? 'no command' : `no command "${name}"`}\n`);
  process.stderr.write(near === undefined ? `hint: ${USAGE}` : `hint: did you mean "${near}"?\n`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
