import { parseArgs } from 'node:util';
import { nearestName } from '../core/options.ts';
import { EMULATED_CLIENTS, type EmulatedClient } from '../emulator/client-settings.ts';

/** How the command is used. */
export const EMULATOR_USAGE = `usage: grpc-entra emulator --config FILE [options]

Runs an Entra for development on this machine until it is told to stop (SIGTERM, SIGINT). Prints settings for clients
on standard error, and one line of JSON for each request on standard output.

options:
  --config FILE      registrations, as JSON
  --example          print a configuration to start from, and end
  --port PORT        port to listen on (default: that of the configuration, or any)
  --host NAME        localhost or 127.0.0.1; there is no other
  --dir DIR          where to write its certificate and the secrets of applications, for as long as it runs
                     (default: a folder of its own)
  --force            overwrite files that are in the way there
  --client NAME      whose settings to print, repeatable: grpc-entra, msal-node, azure-identity, python-msal,
                     environment (default: all)
  --app NAME         application to print settings for (default: the first that has a secret)
  --api NAME         API to print settings for (default: the first)
  --json             print nothing on standard error but errors
`;

/** Wrong usage: exit code 2. */
export class UsageError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string = EMULATOR_USAGE) {
    super(message);
    this.hint = hint;
  }
}

/** What the command was asked to do. */
export type EmulatorCommand =
  | { readonly kind: 'help' | 'example' }
  | {
      readonly kind: 'run';
      readonly config: string;
      readonly port: number | undefined;
      readonly dir: string | undefined;
      readonly force: boolean;
      readonly clients: readonly EmulatedClient[];
      readonly app: string | undefined;
      readonly api: string | undefined;
      readonly json: boolean;
    };

const OPTIONS = {
  config: { type: 'string' },
  example: { type: 'boolean' },
  port: { type: 'string' },
  host: { type: 'string' },
  dir: { type: 'string' },
  force: { type: 'boolean' },
  client: { type: 'string', multiple: true },
  app: { type: 'string' },
  api: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

function checkHost(host: string | undefined): void {
  if (host === undefined || host === 'localhost' || host === '127.0.0.1') return;
  throw new UsageError(
    `the emulator does not listen on "${host}": whoever reaches it can have any token`,
    'leave --host out, or give localhost\n',
  );
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new UsageError('--port must be a whole number from 0 to 65535', 'use 0 for any\n');
  }
  return port;
}

function clientsOf(names: readonly string[] | undefined): readonly EmulatedClient[] {
  return (names ?? EMULATED_CLIENTS).map((name) => {
    const known = EMULATED_CLIENTS.find((candidate) => candidate === name);
    if (known !== undefined) return known;
    const meant = nearestName(name, EMULATED_CLIENTS);
    throw new UsageError(
      `no settings for a client "${name}"`,
      meant === undefined
        ? `there are some for ${EMULATED_CLIENTS.join(', ')}\n`
        : `did you mean ${meant}?\n`,
    );
  });
}

/**
 * Reads the arguments of the command.
 *
 * @throws UsageError
 */
export function parseEmulatorArguments(args: readonly string[]): EmulatorCommand {
  let values: ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];
  try {
    ({ values } = parseArgs({ args: [...args], options: OPTIONS }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help === true) return { kind: 'help' };
  if (values.example === true) return { kind: 'example' };
  checkHost(values.host);
  if (values.config === undefined) {
    throw new UsageError(
      'no configuration is named',
      'grpc-entra emulator --example > emulator.json\n',
    );
  }
  return {
    kind: 'run',
    config: values.config,
    port: portOf(values.port),
    dir: values.dir,
    force: values.force === true,
    clients: clientsOf(values.client),
    app: values.app,
    api: values.api,
    json: values.json === true,
  };
}
