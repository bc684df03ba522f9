import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ChildMessage, MintRequest } from './messages.ts';

/** How long a child may take to be ready, and to stop. */
const READY_MS = 30_000;
const STOP_MS = 4000;

/** A child process that talks in messages. */
export class Child {
  readonly #name: string;
  readonly #process: ChildProcess;

  private constructor(name: string, process: ChildProcess) {
    this.#name = name;
    this.#process = process;
  }

  /** Starts `file`, a module beside this one. Its stdout goes to our stderr: ours is for results. */
  static start(name: string, file: string, env: Readonly<Record<string, string>> = {}): Child {
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
      stdio: ['ignore', 2, 2, 'ipc'],
      env: { ...process.env, ...env },
      execArgv: [],
    });
    return new Child(name, child);
  }

  onMessage(receive: (message: ChildMessage) => void): void {
    this.#process.on('message', (message) => receive(message as ChildMessage));
  }

  send(request: MintRequest): void {
    this.#process.send(request);
  }

  /** Waits for one kind of message. A child that ends, fails or stays silent is an error that says which. */
  async waitFor<K extends ChildMessage['kind']>(
    kind: K,
    matches: (message: Extract<ChildMessage, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<ChildMessage, { kind: K }>> {
    const forget: (() => void)[] = [];
    return new Promise<Extract<ChildMessage, { kind: K }>>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`the ${this.#name} process ${why}`));
      const timer = setTimeout(() => fail(`was silent for ${READY_MS / 1000} s`), READY_MS);
      const onExit = (): void => fail('ended before it answered');
      const onMessage = (message: ChildMessage): void => {
        if (message.kind === 'failed') fail(`failed: ${message.message}`);
        if (message.kind !== kind) return;
        const wanted = message as Extract<ChildMessage, { kind: K }>;
        if (matches(wanted)) resolve(wanted);
      };
      this.#process.once('exit', onExit);
      this.#process.on('message', onMessage);
      forget.push(
        () => clearTimeout(timer),
        () => this.#process.off('exit', onExit),
        () => this.#process.off('message', onMessage),
      );
    }).finally(() => {
      for (const undo of forget) undo();
    });
  }

  /** Ends the process: asks first, insists after 4 seconds. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const insist = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(insist);
  }
}
