/** Clients that ready settings are printed for. */
export type EmulatedClient =
  | 'grpc-entra'
  | 'msal-node'
  | 'azure-identity'
  | 'python-msal'
  | 'environment';

/** All of them. */
export const EMULATED_CLIENTS: readonly EmulatedClient[] = [
  'grpc-entra',
  'msal-node',
  'azure-identity',
  'python-msal',
  'environment',
];

/** Whose settings to print. */
export interface SettingsRequest {
  /** Name of the application that is to obtain tokens. */
  readonly app: string;
  /** Name of the API they are for. */
  readonly api: string;
  /** File that the certificate to trust was written to. */
  readonly caFile: string;
}

/** What the settings of a client are made from. */
export interface ClientSettingsInput {
  readonly origin: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly scope: string;
  /** Where the certificate to trust was written to. */
  readonly caFile: string;
}

const quote = (text: string): string => JSON.stringify(text);
const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const printers: Readonly<Record<EmulatedClient, (input: ClientSettingsInput) => string>> = {
  'grpc-entra': ({ origin, tenantId, clientId, scope, caFile }) => `\
import { clientSecret } from "grpc-entra/client";

const credential = clientSecret({
  tenantId: ${quote(tenantId)},
  clientId: ${quote(clientId)},
  secret: process.env.AZURE_CLIENT_SECRET ?? '',
  authority: { emulator: ${quote(origin)}, caFile: ${quote(caFile)} },
});
const scope = ${quote(scope)};
`,
  'msal-node': ({ origin, tenantId, clientId, scope, caFile }) => `\
// Start Node with NODE_EXTRA_CA_CERTS=${shellQuote(caFile)}.
import { ConfidentialClientApplication } from "@azure/msal-node";

const application = new ConfidentialClientApplication({
  auth: {
    clientId: ${quote(clientId)},
    authority: ${quote(`${origin}/${tenantId}`)},
    knownAuthorities: [${quote(new URL(origin).host)}], // with the port
    clientSecret: process.env.AZURE_CLIENT_SECRET,
  },
});
const result = await application.acquireTokenByClientCredential({ scopes: [${quote(scope)}] });
`,
  'azure-identity': ({ origin, tenantId, clientId, scope, caFile }) => `\
// Start Node with NODE_EXTRA_CA_CERTS=${shellQuote(caFile)}.
import { ClientSecretCredential } from "@azure/identity";

const credential = new ClientSecretCredential(
  ${quote(tenantId)},
  ${quote(clientId)},
  process.env.AZURE_CLIENT_SECRET,
  { authorityHost: ${quote(origin)}, disableInstanceDiscovery: true },
);
const token = await credential.getToken(${quote(scope)});
`,
  'python-msal': ({ origin, tenantId, clientId, scope, caFile }) => `\
import os
import msal

application = msal.ConfidentialClientApplication(
    ${quote(clientId)},
    client_credential=os.environ["AZURE_CLIENT_SECRET"],
    authority=${quote(`${origin}/${tenantId}`)},
    instance_discovery=False,
    verify=${quote(caFile)},
)
result = application.acquire_token_for_client(scopes=[${quote(scope)}])
`,
  environment: ({ origin, tenantId, clientId, caFile }) => `\
export AZURE_AUTHORITY_HOST=${shellQuote(origin)}
export AZURE_TENANT_ID=${shellQuote(tenantId)}
export AZURE_CLIENT_ID=${shellQuote(clientId)}
export NODE_EXTRA_CA_CERTS=${shellQuote(caFile)}
# AZURE_CLIENT_SECRET is not printed. Clients of Microsoft must also be told not to do instance discovery.
`,
};

/**
 * Writes the settings with which a client reaches the emulator, as source text to copy. The secret is not among
 * them: each reads it from the environment variable `AZURE_CLIENT_SECRET`.
 */
export function printClientSettings(client: EmulatedClient, input: ClientSettingsInput): string {
  return printers[client](input);
}
