// Obtains tokens with openid-client as published. Reads what to do from standard input, one JSON object.

import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as client from 'openid-client';

const input = JSON.parse(readFileSync(0, 'utf8'));
const issuer = new URL(`${input.origin}/${input.tenantId}/v2.0`);
const discover = (clientId, authentication) =>
  client.discovery(issuer, clientId, undefined, authentication);
const forApp = async (clientId, authentication) =>
  client.clientCredentialsGrant(await discover(clientId, authentication), { scope: input.scope });

async function privateKey() {
  const pkcs8 = createPrivateKey(input.certificate.key).export({ type: 'pkcs8', format: 'der' });
  const algorithm = { name: 'RSA-PSS', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  const thumbprint = createHash('sha256').update(new X509Certificate(input.certificate.pem).raw);
  return client.PrivateKeyJwt(
    { key },
    {
      [client.modifyAssertion](header) {
        header['x5t#S256'] = thumbprint.digest('base64url');
      },
    },
  );
}

const tasks = {
  post: () => forApp(input.secret.clientId, client.ClientSecretPost(input.secret.value)),
  basic: () => forApp(input.secret.clientId, client.ClientSecretBasic(input.secret.value)),
  certificate: async () => forApp(input.certificate.clientId, await privateKey()),
  onBehalfOf: async () =>
    client.genericGrantRequest(
      await discover(input.middle.clientId, client.ClientSecretPost(input.middle.secret)),
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      {
        assertion: input.middle.userToken,
        requested_token_use: 'on_behalf_of',
        scope: input.middle.scope,
      },
    ),
  wrongSecret: () => forApp(input.secret.clientId, client.ClientSecretPost('wrong')),
};

const results = {};
for (const name of input.tasks) {
  try {
    results[name] = { token: (await tasks[name]()).access_token };
  } catch (error) {
    results[name] = { error: error.error ?? String(error), message: error.message };
  }
}
process.stdout.write(JSON.stringify(results));
