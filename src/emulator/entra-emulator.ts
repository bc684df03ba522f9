import type { EmulatorAuthority } from '../entra/authority.ts';
import type { EmulatedAppCredentials } from './app-handle.ts';
import type { EmulatedClient, SettingsRequest } from './client-settings.ts';
import type { Fault } from './fault.ts';
import type { Injection, InjectOptions } from './fault-queue.ts';
import type { ManagedIdentityPlatform } from './managed-identity-routes.ts';
import type { MintOptions } from './mint.ts';
import type { RequestLog } from './request-log.ts';

/** A running emulator. */
export interface EntraEmulator {
  /** `https://localhost:PORT`; a browser finds a page there that shows what happens. */
  readonly origin: string;
  /** Id of the tenant that registrations are in. */
  readonly tenantId: string;
  /** PEM of the certificate to trust for it. */
  readonly ca: string;
  /** For the option `authority` of servers and credentials. */
  readonly authority: EmulatorAuthority;
  /** What it was asked, with secrets left out. */
  readonly requests: RequestLog;
  /** Id and secret of a registered application. */
  app(name: string): EmulatedAppCredentials;
  /** Id of a registered API, and the scope to ask for it with. */
  api(name: string): { readonly clientId: string; readonly scope: string };
  /** Ids of a registered user. */
  user(name: string): { readonly objectId: string; readonly tenantId: string };
  /** Id of a further tenant. */
  tenant(name: string): { readonly tenantId: string };
  /** Ids of a registered managed identity. */
  managedIdentity(name: string): {
    readonly clientId: string;
    readonly objectId: string;
    readonly resourceId: string;
  };
  /**
   * Environment variables with which managed identity libraries find this emulator. One holds a secret.
   *
   * @throws ConfigError when no managed identity is registered.
   */
  managedIdentityEnvironment(platform: ManagedIdentityPlatform): Readonly<Record<string, string>>;
  /** Mints a token directly, also one no authority would issue: expired, for others, signed by an unknown key. */
  issueToken(options: MintOptions): Promise<string>;
  /** Publishes the next signing key, without using it yet. */
  announceSigningKey(): Promise<void>;
  /**
   * Signs with the announced key, or else a new one, from now on. The old one stays published unless `withdraw` is
   * set.
   */
  rotateSigningKey(options?: { readonly withdraw?: boolean }): Promise<void>;
  /** Lays a fault in wait for requests to come. Several are met in the order they were laid. */
  inject(fault: Fault, options?: InjectOptions): Injection;
  /** Presents a certificate that {@link EntraEmulator.ca} does not cover, to new connections, until it is restored. */
  presentForeignCertificate(): Promise<Disposable & { restore(): void }>;
  /** Writes the settings with which a client reaches this emulator, as source text to copy, without secrets. */
  clientSettings(client: EmulatedClient, request: SettingsRequest): string;
  /** Stops, and ends all connections, whatever they are doing. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
