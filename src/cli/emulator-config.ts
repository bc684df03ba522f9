import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import type { EmulatedApi } from '../emulator/apis.ts';
import type { EmulatedApp } from '../emulator/apps.ts';
import type {
  EmulatedFederatedCredential,
  FederatedKeys,
} from '../emulator/federated-credential.ts';
import type { EmulatedManagedIdentity } from '../emulator/managed-identities.ts';
import type { EmulatorOptions } from '../emulator/options.ts';
import type { EmulatedTenant } from '../emulator/tenants.ts';
import type { EmulatedUser } from '../emulator/users.ts';
import { emulatorConfigShape } from './emulator-config-shape.ts';
import { checkShape } from './json-shape.ts';

interface JsonSecret {
  readonly value?: string;
  readonly file?: string;
  readonly expires?: string;
}

interface JsonKeys {
  readonly document?: Extract<FederatedKeys, { readonly from: 'document' }>['jwks'];
  readonly file?: string;
  readonly url?: string;
  readonly caFile?: string;
}

type JsonCredential = Omit<EmulatedFederatedCredential, 'keys'> & { readonly keys: JsonKeys };

type JsonApp = Omit<EmulatedApp, 'secrets' | 'certificates' | 'federatedCredentials'> & {
  readonly secrets?: readonly (string | JsonSecret)[];
  readonly certificateFiles?: readonly string[];
  readonly federatedCredentials?: readonly JsonCredential[];
};

/** The file, once its shape is checked. */
interface JsonConfig {
  readonly port?: number;
  readonly tenantId?: string;
  readonly domains?: readonly string[];
  readonly tenants?: readonly EmulatedTenant[];
  readonly apis: readonly EmulatedApi[];
  readonly apps: readonly JsonApp[];
  readonly users?: readonly EmulatedUser[];
  readonly managedIdentities?: readonly EmulatedManagedIdentity[];
  readonly tokenLifetimeSeconds?: number;
}

const wrong = (message: string, cause?: unknown): ConfigError =>
  new ConfigError('ERR_OPTION_INVALID', message, { cause });

/** Resolves what the file says into options; paths in it start from where it is. */
class ConfigReader {
  readonly #name: string;
  readonly #folder: string;

  constructor(file: string) {
    this.#name = basename(file);
    this.#folder = dirname(file);
  }

  options(config: JsonConfig): EmulatorOptions {
    return { ...config, apps: config.apps.map((app, index) => this.#app(app, index)) };
  }

  #read(where: string, file: string): string {
    try {
      return readFileSync(resolve(this.#folder, file), 'utf8').trim();
    } catch (cause) {
      throw new ConfigError(
        'ERR_FILE_UNREADABLE',
        `${where}: "${file}" cannot be read; paths start from the folder of ${this.#name}`,
        { cause },
      );
    }
  }

  #app(input: JsonApp, index: number): EmulatedApp {
    const { secrets, certificateFiles, federatedCredentials, ...rest } = input;
    const where = `${this.#name}: apps[${index}]`;
    return {
      ...rest,
      ...(secrets === undefined
        ? {}
        : { secrets: secrets.map((one, at) => this.#secret(`${where}.secrets[${at}]`, one)) }),
      ...(certificateFiles === undefined
        ? {}
        : {
            certificates: certificateFiles.map((file, at) =>
              this.#read(`${where}.certificateFiles[${at}]`, file),
            ),
          }),
      ...(federatedCredentials === undefined
        ? {}
        : {
            federatedCredentials: federatedCredentials.map((one, at) => ({
              ...one,
              keys: this.#keys(`${where}.federatedCredentials[${at}].keys`, one.keys),
            })),
          }),
    };
  }

  #secret(where: string, input: string | JsonSecret): NonNullable<EmulatedApp['secrets']>[number] {
    if (typeof input === 'string') return input;
    const { value, file, expires } = input;
    if ((value === undefined) === (file === undefined)) {
      throw wrong(`${where} must have either "value" or "file"; give one of them`);
    }
    const known = value ?? this.#read(`${where}.file`, file ?? '');
    return expires === undefined ? known : { value: known, expires: new Date(expires) };
  }

  #keys(where: string, { document, file, url, caFile }: JsonKeys): FederatedKeys {
    const given = [document, file, url].filter((one) => one !== undefined);
    if (given.length !== 1) {
      throw wrong(`${where} must have one of "document", "file" and "url"; give exactly one`);
    }
    if (url !== undefined) {
      const ca = caFile === undefined ? {} : { ca: this.#read(`${where}.caFile`, caFile) };
      return { from: 'url', url, ...ca };
    }
    if (caFile !== undefined) throw wrong(`${where}.caFile goes with "url"; leave it out`);
    const jwks = document ?? parseJson(where, this.#read(`${where}.file`, file ?? ''));
    return { from: 'document', jwks: jwks as NonNullable<typeof document> };
  }
}

/** Says where JSON breaks off, without showing what is there: it may be a secret. */
function parseJson(where: string, source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch (error) {
    const [, position] = /at position (\d+)/.exec(String(error)) ?? [];
    const before =
      position === undefined ? undefined : source.slice(0, Number(position)).split('\n');
    const place =
      before === undefined
        ? ''
        : ` at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    throw wrong(`${where} is not valid JSON${place}; comments and trailing commas are not JSON`);
  }
}

/**
 * Reads the configuration file of an emulator.
 *
 * @returns Options whose shape is right; what they say is checked at the start of the emulator.
 * @throws ConfigError naming the path in the file and what was wanted there.
 */
export function readEmulatorConfig(file: string): EmulatorOptions {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      'ERR_FILE_UNREADABLE',
      `"${file}" cannot be read; write one with --example`,
      { cause },
    );
  }
  const name = basename(file);
  const config = parseJson(name, source);
  checkShape(`${name}: `, config, emulatorConfigShape);
  return new ConfigReader(file).options(config as JsonConfig);
}
