import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MintOptions } from 'grpc-entra/emulator';
import type { AuditEvent } from 'grpc-entra/server';
import { createDevelopmentCertificates, type DevelopmentCertificates } from 'grpc-entra/tls';
import type { EmulatorReady, OrdersSettings } from './messages.ts';
import { Child } from './process.ts';

/** Emulator and order service, each in a process of its own. */
export interface Stack {
  /** `localhost:PORT`. */
  readonly address: string;
  readonly certificates: DevelopmentCertificates;
  readonly emulator: EmulatorReady;
  readonly emulatorCaFile: string;
  onAudit(receive: (event: AuditEvent) => void): void;
  mint(options: MintOptions): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Makes what is missing (certificates) and starts both processes.
 *
 * @param report - Receives a line for each thing that is made or started.
 */
export async function startStack(report: (line: string) => void): Promise<Stack> {
  const certificates = await createDevelopmentCertificates({ directory: 'certs/dev', report });
  const runDirectory = await mkdtemp(join(tmpdir(), 'grpc-entra-'));
  const children: Child[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()));
    await rm(runDirectory, { recursive: true, force: true });
  };
  try {
    const emulatorProcess = Child.start('emulator', './emulator-process.js');
    children.push(emulatorProcess);
    const emulator = await emulatorProcess.waitFor('emulator-ready');
    const emulatorCaFile = join(runDirectory, 'emulator.pem');
    await writeFile(emulatorCaFile, emulator.ca);
    report(`emulator ready at ${emulator.origin}, tenant ${emulator.tenantId}`);

    const settings: OrdersSettings = {
      listen: '127.0.0.1:0',
      tenantId: emulator.tenantId,
      clientId: emulator.apiClientId,
      emulator: emulator.origin,
      emulatorCaFile,
      certFile: certificates.serverCertFile,
      keyFile: certificates.serverKeyFile,
    };
    const ordersProcess = Child.start('orders', './orders-process.js', {
      ORDERS_SETTINGS: JSON.stringify(settings),
    });
    children.push(ordersProcess);
    const orders = await ordersProcess.waitFor('orders-ready');
    const address = orders.address.replace('127.0.0.1', 'localhost');
    report(`order service ready at ${address}`);

    let mints = 0;
    return {
      address,
      certificates,
      emulator,
      emulatorCaFile,
      stop,
      onAudit: (receive) => {
        ordersProcess.onMessage((message) => {
          if (message.kind === 'audit') receive(message.event);
        });
      },
      mint: async (options) => {
        mints += 1;
        const id = mints;
        const reply = emulatorProcess.waitFor('minted', (message) => message.id === id);
        emulatorProcess.send({ kind: 'mint', id, options });
        return (await reply).token;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
