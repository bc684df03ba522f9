import { ConfigError } from '../core/errors.ts';
import { guardedLogger, type Logger, silentLogger } from '../core/log.ts';
import { checkOptionNames } from '../core/options.ts';
import type { Cloud } from '../entra/authority.ts';
import { clientAssertion } from './client-assertion.ts';
import { clientCertificate } from './client-certificate.ts';
import { clientSecret } from './client-secret.ts';
import { managedIdentity } from './managed-identity.ts';
import type { TokenCredential } from './token-credential.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Options of {@link fromEnvironment}. */
export interface FromEnvironmentOptions {
  /** Default: `process.env`. */
  readonly env?: Environment;
  /** Told which variables were used, by name. Default: silent. */
  readonly logger?: Logger;
}

/** Each way to prove an application, and the variable that asks for it. */
const PROOFS = [
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_FEDERATED_TOKEN_FILE',
] as const;

const HOSTS: Readonly<Record<string, Cloud>> = {
  'https://login.microsoftonline.com': 'global',
  'https://login.microsoftonline.us': 'usgov',
  'https://login.partner.microsoftonline.cn': 'china',
};

function cloudOf(env: Environment): Cloud {
  const host = env['AZURE_AUTHORITY_HOST'];
  if (host === undefined || host === '') return 'global';
  const cloud = HOSTS[host.replace(/\/+$/, '')];
  if (cloud !== undefined) return cloud;
  throw new ConfigError(
    'ERR_OPTION_INVALID',
    `AZURE_AUTHORITY_HOST is none of ${Object.keys(HOSTS).join(', ')}; for another authority make the credential in code`,
  );
}

function required(env: Environment, name: string, beside: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new ConfigError('ERR_OPTION_INVALID', `${beside} is set, but ${name} is not; set both`);
}

function confidential(
  env: Environment,
  proof: (typeof PROOFS)[number],
  logger: Logger,
): TokenCredential {
  const common = {
    tenantId: required(env, 'AZURE_TENANT_ID', proof),
    clientId: required(env, 'AZURE_CLIENT_ID', proof),
    authority: cloudOf(env),
  };
  const value = required(env, proof, proof);
  if (proof === 'AZURE_CLIENT_SECRET') return clientSecret({ ...common, secret: value });
  if (proof === 'AZURE_FEDERATED_TOKEN_FILE') {
    return clientAssertion({ ...common, assertion: { fromFile: value } });
  }
  if (env['AZURE_CLIENT_CERTIFICATE_PASSWORD'] !== undefined) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      'AZURE_CLIENT_CERTIFICATE_PASSWORD is not supported; write the key without a password (openssl pkey) and keep the ' +
        'file readable by this user alone',
    );
  }
  const sendChain = /^(1|true)$/i.test(env['AZURE_CLIENT_SEND_CERTIFICATE_CHAIN'] ?? '');
  return clientCertificate({ ...common, pemFile: value, sendChain, logger });
}

/**
 * Makes a credential from the variables that the Azure SDKs use: a secret, a certificate, a federated token file (what
 * AKS workload identity sets), or else the managed identity of the platform.
 *
 * Two ways at once are refused rather than one of them chosen silently.
 *
 * @throws ConfigError naming the variables that are missing, too many, or malformed; never their values.
 */
export function fromEnvironment(options: FromEnvironmentOptions = {}): TokenCredential {
  checkOptionNames('fromEnvironment options', options, ['env', 'logger']);
  const env = options.env ?? process.env;
  const logger = guardedLogger(options.logger ?? silentLogger);
  const given = PROOFS.filter((name) => (env[name] ?? '') !== '');
  if (given.length > 1) {
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `${given.join(' and ')} are set at once; keep the one that is meant`,
    );
  }
  const [proof] = given;
  if (proof !== undefined) {
    const used = ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', proof, 'AZURE_AUTHORITY_HOST'];
    logger.info('credential from the environment', {
      variables: used.filter((name) => (env[name] ?? '') !== ''),
    });
    return confidential(env, proof, logger);
  }
  const clientId = env['AZURE_CLIENT_ID'];
  logger.info('credential from the environment: managed identity', {
    variables: clientId === undefined ? [] : ['AZURE_CLIENT_ID'],
  });
  return managedIdentity(clientId === undefined || clientId === '' ? { env } : { env, clientId });
}
