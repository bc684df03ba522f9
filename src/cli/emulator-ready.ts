import type { EmulatedClient } from '../emulator/client-settings.ts';
import type { EntraEmulator } from '../emulator/entra-emulator.ts';
import type { EmulatorOptions } from '../emulator/options.ts';
import type { EmulatorFolder } from './emulator-folder.ts';

/** What a program that starts the emulator needs to know: the first line on standard output. */
export interface EmulatorReady {
  readonly event: 'ready';
  readonly origin: string;
  readonly tenantId: string;
  /** PEM file of the certificate to trust. */
  readonly caFile: string;
  readonly apis: readonly {
    readonly name: string;
    readonly clientId: string;
    readonly scope: string;
  }[];
  readonly apps: readonly {
    readonly name: string;
    readonly clientId: string;
    /** File with its first secret; `null` when it has none. */
    readonly secretFile: string | null;
  }[];
  /** Shell file with the variables that managed identity libraries read; `null` when none is registered. */
  readonly managedIdentityFile: string | null;
  /** Settings of clients, as source text; empty when no application has a secret. */
  readonly settings: Readonly<Partial<Record<EmulatedClient, string>>>;
}

/** What to print settings for. */
export interface SettingsChoice {
  readonly clients: readonly EmulatedClient[];
  readonly app: string | undefined;
  readonly api: string | undefined;
}

const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A name is a file name only if it is a plain word; an id always is. */
const fileName = (name: string, id: string): string => (/^\w[\w-]*$/.test(name) ? name : id);

function hasSecret(app: EmulatorOptions['apps'][number]): boolean {
  if (app.secrets !== undefined) return app.secrets.length > 0;
  const hasOther = app.certificates ?? app.federatedCredentials ?? (app.publicClient || undefined);
  return hasOther === undefined;
}

function writeManagedIdentity(
  emulator: EntraEmulator,
  options: EmulatorOptions,
  folder: EmulatorFolder,
): string | null {
  if ((options.managedIdentities ?? []).length === 0) return null;
  const variables = Object.entries(emulator.managedIdentityEnvironment('app-service'));
  const lines = variables.map(([name, value]) => `export ${name}=${shellQuote(value)}\n`);
  return folder.write('managed-identity.sh', lines.join(''));
}

function settingsOf(
  emulator: EntraEmulator,
  options: EmulatorOptions,
  caFile: string,
  choice: SettingsChoice,
): EmulatorReady['settings'] {
  const app = choice.app ?? options.apps.find(hasSecret)?.name;
  const api = choice.api ?? options.apis[0]?.name;
  if (app === undefined || api === undefined) return {};
  const request = { app, api, caFile };
  return Object.fromEntries(
    choice.clients.map((client) => [client, emulator.clientSettings(client, request)]),
  );
}

/**
 * Writes what clients read, and collects what they must be told.
 *
 * @throws ConfigError for a file that is in the way, and for names that are not registered.
 */
export function prepareClients(
  emulator: EntraEmulator,
  options: EmulatorOptions,
  folder: EmulatorFolder,
  choice: SettingsChoice,
): EmulatorReady {
  const caFile = folder.write('emulator.pem', emulator.ca);
  const apps = options.apps.map((input) => {
    const app = emulator.app(input.name);
    const secretFile = hasSecret(input)
      ? folder.write(`${fileName(input.name, app.clientId)}.secret`, app.clientSecret.reveal())
      : null;
    return { name: input.name, clientId: app.clientId, secretFile };
  });
  return {
    event: 'ready',
    origin: emulator.origin,
    tenantId: emulator.tenantId,
    caFile,
    apis: options.apis.map(({ name }) => ({ name, ...emulator.api(name) })),
    apps,
    managedIdentityFile: writeManagedIdentity(emulator, options, folder),
    settings: settingsOf(emulator, options, caFile, choice),
  };
}

/** Writes the same for people. */
export function describeReady(ready: EmulatorReady): string {
  const { origin, tenantId, caFile, apps, managedIdentityFile, settings } = ready;
  const secrets = apps.flatMap(({ name, clientId, secretFile }) =>
    secretFile === null
      ? [`${name}  ${clientId}`]
      : [`${name}  ${clientId}  secret in ${secretFile}`],
  );
  const example = apps.find(({ secretFile }) => secretFile !== null)?.secretFile;
  return [
    `emulator ready on ${origin}, which is also the page to look at`,
    `tenant ${tenantId}`,
    `trust ${caFile}`,
    ...secrets.map((line) => `app ${line}`),
    ...(managedIdentityFile === null ? [] : [`managed identities: . ${managedIdentityFile}`]),
    ...(example === undefined || example === null
      ? []
      : [`export AZURE_CLIENT_SECRET="$(cat ${shellQuote(example)})"`]),
    ...Object.entries(settings).map(([client, text]) => `\n--- ${client} ---\n${text.trimEnd()}`),
    '',
  ].join('\n');
}
