import type { MintOptions } from 'grpc-entra/emulator';
import type { AuditEvent } from 'grpc-entra/server';

/** What the emulator's process tells once it is ready. */
export interface EmulatorReady {
  readonly kind: 'emulator-ready';
  readonly origin: string;
  readonly tenantId: string;
  readonly ca: string;
  readonly apiClientId: string;
  readonly scope: string;
  readonly apps: readonly {
    readonly name: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly roles: readonly string[];
  }[];
}

/** Asks the emulator's process for a token that no token endpoint would give out. */
export interface MintRequest {
  readonly kind: 'mint';
  readonly id: number;
  readonly options: MintOptions;
}

export interface MintReply {
  readonly kind: 'minted';
  readonly id: number;
  readonly token: string;
}

/** What the order service's process tells once it listens. */
export interface OrdersReady {
  readonly kind: 'orders-ready';
  readonly address: string;
}

export interface AuditMessage {
  readonly kind: 'audit';
  readonly event: AuditEvent;
}

/** A child that cannot start says why before it ends. */
export interface Failed {
  readonly kind: 'failed';
  readonly message: string;
}

export type ChildMessage = EmulatorReady | MintReply | OrdersReady | AuditMessage | Failed;

/** Settings of the order service's process. */
export interface OrdersSettings {
  readonly listen: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly emulator: string;
  readonly emulatorCaFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}
