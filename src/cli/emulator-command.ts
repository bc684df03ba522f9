import { once } from 'node:events';
import { ConfigError } from '../core/errors.ts';
import type { LogFields, Logger } from '../core/log.ts';
import { startEntraEmulator } from '../emulator/emulator.ts';
import {
  EMULATOR_USAGE,
  type EmulatorCommand,
  parseEmulatorArguments,
  UsageError,
} from './emulator-arguments.ts';
import { readEmulatorConfig } from './emulator-config.ts';
import { EXAMPLE_CONFIG } from './emulator-example.ts';
import { EmulatorFolder } from './emulator-folder.ts';
import { describeReady, prepareClients } from './emulator-ready.ts';

type Run = Extract<EmulatorCommand, { readonly kind: 'run' }>;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const tell = (text: string): void => void process.stderr.write(text);

/** Hints of the emulator, as the command line writes them. */
function stderrLogger(): Logger {
  const line =
    (word: string) =>
    (message: string, fields?: LogFields): void => {
      // An Error has no members that JSON would write.
      const plain = (_name: string, value: unknown): unknown =>
        value instanceof Error ? value.message : value;
      const more = fields === undefined ? '' : ` ${JSON.stringify(fields, plain)}`;
      tell(`${word}: ${message}${more}\n`);
    };
  const ignore = (): void => undefined;
  return { debug: ignore, info: ignore, warn: line('warning'), error: line('error') };
}

/** Resolves when the process is told to end, or nobody reads what it prints any more. */
async function untilStopped(): Promise<void> {
  const stop = new AbortController();
  const waits = (['SIGTERM', 'SIGINT'] as const).map((name) =>
    once(process, name, { signal: stop.signal }),
  );
  const broken = once(process.stdout, 'error', { signal: stop.signal });
  try {
    await Promise.race([...waits, broken]);
  } finally {
    stop.abort();
    await Promise.allSettled([...waits, broken]);
    // Lines that are still to be written must not bring the process down on its way out.
    process.stdout.on('error', () => undefined);
  }
}

async function run(command: Run): Promise<void> {
  const configured = readEmulatorConfig(command.config);
  const options = command.port === undefined ? configured : { ...configured, port: command.port };
  const folder = new EmulatorFolder(command.dir, command.force);
  try {
    await using emulator = await startEntraEmulator({ ...options, logger: stderrLogger() });
    const ready = prepareClients(emulator, options, folder, command);
    const stopped = untilStopped();
    say(JSON.stringify(ready));
    if (!command.json) tell(describeReady(ready));
    using _log = emulator.requests.watch((line) => {
      say(JSON.stringify({ event: 'request', ...line }));
    });
    await stopped;
  } finally {
    folder.remove();
  }
}

function explain(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  // A ConfigError's message is "what is wrong; what to do", or "what was wanted; found what".
  const [found = message, ...hints] =
    error instanceof ConfigError ? message.split(/; (?!found )/) : [message];
  tell(`error: ${found}\n`);
  for (const hint of hints) tell(`hint: ${hint}\n`);
}

/**
 * Runs `grpc-entra emulator` until it is told to stop.
 *
 * @param args - What follows the command on the command line.
 * @returns The exit code: 0 done, 1 the configuration cannot be used, 2 wrong usage.
 */
export async function emulatorCommand(args: readonly string[]): Promise<number> {
  let command: EmulatorCommand;
  try {
    command = parseEmulatorArguments(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    tell(`error: ${error.message}\nhint: ${error.hint}`);
    return 2;
  }
  if (command.kind === 'help') say(EMULATOR_USAGE.trimEnd());
  if (command.kind === 'example') say(JSON.stringify(EXAMPLE_CONFIG, undefined, 2));
  if (command.kind !== 'run') return 0;
  try {
    await run(command);
    return 0;
  } catch (error) {
    explain(error);
    return 1;
  }
}
