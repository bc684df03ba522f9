// Obtains tokens with @azure/identity as published. Reads what to do from standard input, one JSON object.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  EnvironmentCredential,
  ManagedIdentityCredential,
  OnBehalfOfCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';

const input = JSON.parse(readFileSync(0, 'utf8'));
const { tenantId, origin, directory } = input;
const options = { authorityHost: origin, disableInstanceDiscovery: true };
const certificateFile = join(directory, 'identity.pem');
writeFileSync(certificateFile, `${input.certificate.pem}${input.certificate.key}`, { mode: 0o600 });
const tokenFile = join(directory, 'federated-token');
writeFileSync(tokenFile, input.federated.assertion, { mode: 0o600 });

const certificate = (more = {}) =>
  new ClientCertificateCredential(
    tenantId,
    input.certificate.clientId,
    { certificatePath: certificateFile },
    { ...options, ...more },
  );

const credentials = {
  secret: () =>
    new ClientSecretCredential(tenantId, input.secret.clientId, input.secret.value, options),
  certificate: () => certificate(),
  certificateWithChain: () => certificate({ sendCertificateChain: true }),
  assertion: () =>
    new ClientAssertionCredential(
      tenantId,
      input.federated.clientId,
      () => Promise.resolve(input.federated.assertion),
      options,
    ),
  workloadIdentity: () =>
    new WorkloadIdentityCredential({
      tenantId,
      clientId: input.federated.clientId,
      tokenFilePath: tokenFile,
      ...options,
    }),
  environment() {
    process.env.AZURE_TENANT_ID = tenantId;
    process.env.AZURE_CLIENT_ID = input.secret.clientId;
    process.env.AZURE_CLIENT_SECRET = input.secret.value;
    process.env.AZURE_AUTHORITY_HOST = origin;
    return new EnvironmentCredential({ disableInstanceDiscovery: true });
  },
  onBehalfOf: () =>
    new OnBehalfOfCredential({
      tenantId,
      clientId: input.middle.clientId,
      clientSecret: input.middle.secret,
      userAssertionToken: input.middle.userToken,
      ...options,
    }),
  managedIdentity: () => new ManagedIdentityCredential(),
  wrongSecret: () =>
    new ClientSecretCredential(tenantId, input.secret.clientId, 'wrong', {
      ...options,
      retryOptions: { maxRetries: 0 },
    }),
};

const results = {};
for (const name of input.tasks) {
  try {
    const scope = name === 'onBehalfOf' ? input.middle.scope : input.scope;
    results[name] = { token: (await credentials[name]().getToken(scope)).token };
  } catch (error) {
    results[name] = { error: error.name, message: error.message };
  }
}
process.stdout.write(JSON.stringify(results));
