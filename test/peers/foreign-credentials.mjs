// Calls the order service with credentials of @azure/identity and with an object around msal-node, plugged into a channel
// of ours as they are. Reads what to do from standard input, one JSON object.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createChannel, createClient, ServiceError } from '../../dist/client/index.js';
import { OrdersServiceDefinition } from '../../dist-examples/orders/gen/orders/v1/orders.js';

const input = JSON.parse(readFileSync(0, 'utf8'));
const { tenantId, origin, directory } = input;
const options = { authorityHost: origin, disableInstanceDiscovery: true };
const file = (name, content) => {
  const path = join(directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
};

/** The recipe for msal-node: any object with getToken is a credential. */
async function aroundMsal(auth) {
  const { ConfidentialClientApplication } = await import('@azure/msal-node');
  const application = new ConfidentialClientApplication({
    auth: {
      authority: `${origin}/${tenantId}`,
      knownAuthorities: [new URL(origin).host],
      ...auth,
    },
  });
  return {
    async getToken(scope) {
      const result = await application.acquireTokenByClientCredential({ scopes: [scope] });
      return { token: result.accessToken, expiresOnTimestamp: result.expiresOn.getTime() };
    },
  };
}

const identity = () => import('@azure/identity');
const { secret, certificate, federated, middle } = input;

async function azureSecret(value, more = {}) {
  const { ClientSecretCredential } = await identity();
  return new ClientSecretCredential(tenantId, secret.clientId, value, { ...options, ...more });
}

const credentials = {
  ClientSecretCredential: () => azureSecret(secret.value),
  async ClientCertificateCredential() {
    const { ClientCertificateCredential } = await identity();
    const certificatePath = file('plugged.pem', `${certificate.pem}${certificate.key}`);
    return new ClientCertificateCredential(
      tenantId,
      certificate.clientId,
      { certificatePath },
      options,
    );
  },
  async ClientAssertionCredential() {
    const { ClientAssertionCredential } = await identity();
    const assertion = () => Promise.resolve(federated.assertion);
    return new ClientAssertionCredential(tenantId, federated.clientId, assertion, options);
  },
  async WorkloadIdentityCredential() {
    const { WorkloadIdentityCredential } = await identity();
    const tokenFilePath = file('plugged-token', federated.assertion);
    return new WorkloadIdentityCredential({
      ...{ tenantId, clientId: federated.clientId, tokenFilePath },
      ...options,
    });
  },
  async ManagedIdentityCredential() {
    const { ManagedIdentityCredential } = await identity();
    return new ManagedIdentityCredential();
  },
  async EnvironmentCredential() {
    const { EnvironmentCredential } = await identity();
    process.env.AZURE_TENANT_ID = tenantId;
    process.env.AZURE_CLIENT_ID = secret.clientId;
    process.env.AZURE_CLIENT_SECRET = secret.value;
    process.env.AZURE_AUTHORITY_HOST = origin;
    return new EnvironmentCredential({ disableInstanceDiscovery: true });
  },
  async ChainedTokenCredential() {
    const { ChainedTokenCredential, EnvironmentCredential } = await identity();
    // The first has nothing to offer here, so the second answers.
    const unconfigured = new EnvironmentCredential(options);
    return new ChainedTokenCredential(unconfigured, await azureSecret(secret.value));
  },
  async OnBehalfOfCredential() {
    const { OnBehalfOfCredential } = await identity();
    return new OnBehalfOfCredential({
      ...{ tenantId, clientId: middle.clientId, clientSecret: middle.secret },
      ...{ userAssertionToken: middle.userToken, ...options },
    });
  },
  'around msal-node, secret': () =>
    aroundMsal({ clientId: secret.clientId, clientSecret: secret.value }),
  'around msal-node, certificate': () =>
    aroundMsal({
      clientId: certificate.clientId,
      clientCertificate: { privateKey: certificate.key, thumbprintSha256: certificate.sha256 },
    }),
  'ClientSecretCredential, wrong secret': () => azureSecret('wrong'),
  'ClientSecretCredential, outage': () =>
    azureSecret(secret.value, { retryOptions: { maxRetries: 0 } }),
  'around msal-node, wrong secret': () =>
    aroundMsal({ clientId: secret.clientId, clientSecret: 'wrong' }),
  'around msal-node, outage': () =>
    aroundMsal({ clientId: secret.clientId, clientSecret: secret.value }),
};

const CONCURRENT = 20;

async function listOf(stream, read) {
  const found = [];
  for await (const message of stream) found.push(read(message));
  return found;
}

/** Every kind of call; the server answers with whom it took the caller for. */
async function callers(client) {
  const orderId = ({ order }) => order.orderId;
  const first = await Promise.all(
    Array.from({ length: CONCURRENT }, () => client.getOrder({ orderId: '' }).then(orderId)),
  );
  const listed = await listOf(client.listOrders({ limit: 3 }), orderId);
  const { orderIds } = await client.uploadOrders([{}, {}]);
  const quoted = await listOf(client.quoteOrder([{}, {}]), ({ line }) => line.sku);
  return { getOrder: first, listOrders: listed, uploadOrders: orderIds, quoteOrder: quoted };
}

const [task] = input.tasks;
const user = task === 'OnBehalfOfCredential';
const channel = createChannel(input.servers[user ? 'stock' : 'orders'], {
  tls: { ca: input.servers.ca },
  credential: await credentials[task](),
  scope: user ? middle.scope : input.scope,
});
let result;
try {
  result = { callers: await callers(createClient(OrdersServiceDefinition, channel)) };
} catch (error) {
  if (!(error instanceof ServiceError)) throw error;
  result = { status: error.status, message: error.message };
} finally {
  channel.close();
}
process.stdout.write(JSON.stringify({ [task]: result }));
