// Obtains tokens with msal-node as published. Reads what to do from standard input, one JSON object.
import { readFileSync } from 'node:fs';
import {
  AuthError,
  ConfidentialClientApplication,
  InteractionRequiredAuthError,
  ManagedIdentityApplication,
  ServerError,
} from '@azure/msal-node';

const input = JSON.parse(readFileSync(0, 'utf8'));
const authority = `${input.origin}/${input.tenantId}`;
const application = (auth) =>
  new ConfidentialClientApplication({
    auth: { authority, knownAuthorities: [new URL(input.origin).host], ...auth },
  });
const forApp = (auth, scope = input.scope) =>
  application(auth).acquireTokenByClientCredential({ scopes: [scope] });

const certificate = (members) => ({
  clientId: input.certificate.clientId,
  clientCertificate: { privateKey: input.certificate.key, ...members },
});
const { sha256, sha1, pem } = input.certificate;

const tasks = {
  secret: () => forApp({ clientId: input.secret.clientId, clientSecret: input.secret.value }),
  certificate: () => forApp(certificate({ thumbprintSha256: sha256 })),
  certificateWithChain: () => forApp(certificate({ thumbprintSha256: sha256, x5c: pem })),
  certificateOfOld: () => forApp(certificate({ thumbprint: sha1 })),
  async certificateTwice() {
    const one = application(certificate({ thumbprintSha256: sha256 }));
    await one.acquireTokenByClientCredential({ scopes: [input.scope] });
    return one.acquireTokenByClientCredential({ scopes: [input.otherScope] });
  },
  assertion: () =>
    forApp({
      clientId: input.federated.clientId,
      clientAssertion: () => Promise.resolve(input.federated.assertion),
    }),
  onBehalfOf: () =>
    application({
      clientId: input.middle.clientId,
      clientSecret: input.middle.secret,
    }).acquireTokenOnBehalfOf({
      oboAssertion: input.middle.userToken,
      scopes: [input.middle.scope],
    }),
  managedIdentity: () =>
    new ManagedIdentityApplication().acquireToken({
      resource: input.scope.replace('/.default', ''),
    }),
  wrongSecret: () => forApp({ clientId: input.secret.clientId, clientSecret: 'wrong' }),
  unknownTenant: () =>
    new ConfidentialClientApplication({
      auth: {
        authority: `${input.origin}/5d7b1f55-9c2e-4f0a-8f43-6f6c2f6f1e90`,
        knownAuthorities: [new URL(input.origin).host],
        clientId: input.secret.clientId,
        clientSecret: input.secret.value,
      },
    }).acquireTokenByClientCredential({ scopes: [input.scope] }),
};

/** Any request: each with an application object of its own, because msal remembers 429s and caches tokens. */
async function fulfil({ auth, scope = input.scope, correlationId, userToken, claims, machine }) {
  if (machine !== undefined) {
    const one = new ManagedIdentityApplication({ managedIdentityIdParams: machine });
    return one.acquireToken({ resource: scope.replace('/.default', '') });
  }
  const one = application(auth);
  const request = { scopes: [scope], correlationId, claims };
  return userToken === undefined
    ? one.acquireTokenByClientCredential(request)
    : one.acquireTokenOnBehalfOf({ ...request, oboAssertion: userToken });
}

function classOf(error) {
  const known = { ServerError, InteractionRequiredAuthError, AuthError };
  return Object.keys(known).find((name) => error instanceof known[name]) ?? error.constructor.name;
}

const results = {};
async function attempt(name, run) {
  try {
    results[name] = { token: (await run()).accessToken };
  } catch (error) {
    results[name] = {
      error: error.errorCode ?? String(error),
      message: error.message,
      class: classOf(error),
      number: error.errorNo,
      suberror: error.subError,
      claims: error.claims,
      correlationId: error.correlationId,
    };
  }
}
for (const name of input.tasks) await attempt(name, tasks[name]);
for (const [name, wish] of Object.entries(input.wishes ?? {})) {
  await attempt(name, () => fulfil(wish));
}
process.stdout.write(JSON.stringify(results));
