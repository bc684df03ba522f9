export type { EmulatedApi } from './apis.ts';
export type { EmulatedAppCredentials } from './app-handle.ts';
export type { EmulatedApp, EmulatedSecret } from './apps.ts';
export type { EmulatedClient, SettingsRequest } from './client-settings.ts';
export { startEntraEmulator } from './emulator.ts';
export type { EntraEmulator } from './entra-emulator.ts';
export type { Fault } from './fault.ts';
export type { Injection, InjectOptions } from './fault-queue.ts';
export type { EmulatedFederatedCredential, FederatedKeys } from './federated-credential.ts';
export type { LogLine, LogOutcome } from './log-line.ts';
export type { EmulatedManagedIdentity } from './managed-identities.ts';
export type { ManagedIdentityPlatform } from './managed-identity-routes.ts';
export type { MintKey, MintOptions, TokenChanges } from './mint.ts';
export type { EmulatorOptions } from './options.ts';
export type { DecodedAssertion } from './redact.ts';
export type {
  Endpoint,
  RecordedRequest,
  RequestLog,
  RequestMatch,
} from './request-log.ts';
export type { EmulatedTenant } from './tenants.ts';
export type { EmulatedUser } from './users.ts';
