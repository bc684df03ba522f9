import { once } from 'node:events';
import { parseArgs, styleText } from 'node:util';
import type { AuditEvent } from 'grpc-entra/server';
import { Demonstration, type Step } from './demonstration.ts';
import { OrdersServiceDefinition } from './gen/orders/v1/orders.ts';
import { type Stack, startStack } from './stack.ts';

const USAGE = `usage: npm start                     run the demonstration
       npm start -- --keep           start the emulator and the order service, and leave them running
       npm start --silent -- --keep --json
                                     the same; prints one JSON line with everything a client needs
`;

/** How long the server's audit line may take to arrive after a step. */
const AUDIT_MS = 10_000;

const note = (line: string): void => void process.stderr.write(`${line}\n`);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Audit events as they arrive, to be matched with the steps that caused them. */
class AuditTrail {
  readonly #events: AuditEvent[] = [];
  #wake: () => void = () => {};

  constructor(stack: Stack) {
    stack.onAudit((event) => {
      this.#events.push(event);
      this.#wake();
    });
  }

  /** Takes the next event; each step causes exactly one. */
  async next(): Promise<AuditEvent | undefined> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, AUDIT_MS);
    while (this.#events.length === 0 && !late) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    return this.#events.shift();
  }
}

function matches(event: AuditEvent | undefined, wanted: Readonly<Record<string, string>>): boolean {
  const found: Readonly<Record<string, unknown>> = { ...event };
  return Object.entries(wanted).every(([name, value]) => found[name] === value);
}

async function runStep(number: number, step: Step, trail: AuditTrail): Promise<boolean> {
  const outcome = await step.run();
  const event = await trail.next();
  const asExpected = outcome.status === step.expect && matches(event, step.audit);
  say(
    `${asExpected ? styleText('green', 'ok  ') : styleText('red', 'FAIL')} ${number}. ${step.title}`,
  );
  say(`       as      ${step.who}`);
  say(`       status  ${outcome.status}: ${outcome.detail}`);
  say(`       audit   ${JSON.stringify(event)}`);
  if (!asExpected) {
    say(`       wanted  ${step.expect}, audit with ${JSON.stringify(step.audit)}`);
  }
  say('');
  return asExpected;
}

async function demonstrate(): Promise<boolean> {
  const stack = await startStack((line) => say(`     ${line}`));
  const demonstration = new Demonstration(stack);
  try {
    say('');
    const trail = new AuditTrail(stack);
    const steps = demonstration.steps();
    let failed = 0;
    for (const [index, step] of steps.entries()) {
      if (!(await runStep(index + 1, step, trail))) failed += 1;
    }
    say(
      failed === 0
        ? `all ${steps.length} steps came out as they should`
        : `${failed} of ${steps.length} steps failed`,
    );
    return failed === 0;
  } finally {
    demonstration.close();
    await stack.stop();
  }
}

function connectionData(stack: Stack): unknown {
  const { address, certificates, emulator, emulatorCaFile } = stack;
  return {
    orders: { address, caFile: certificates.caFile, service: OrdersServiceDefinition.fullName },
    emulator: { authority: emulator.origin, caFile: emulatorCaFile, tenantId: emulator.tenantId },
    audience: emulator.apiClientId,
    scope: emulator.scope,
    apps: emulator.apps,
  };
}

async function keep(json: boolean): Promise<boolean> {
  // Listening before anything is started: a signal during the start must stop it, too.
  const stopped = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const stack = await startStack(note);
  stack.onAudit((event) => note(JSON.stringify(event)));
  say(
    json ? JSON.stringify(connectionData(stack)) : JSON.stringify(connectionData(stack), null, 2),
  );
  if (!json) note('running until Ctrl-C');
  await stopped;
  await stack.stop();
  return true;
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { keep: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    say(USAGE);
    return true;
  }
  if (values.json === true && values.keep !== true) {
    throw new TypeError('--json goes with --keep');
  }
  return values.keep === true ? keep(values.json === true) : demonstrate();
}

main().then(
  (ok) => {
    process.exitCode = ok ? 0 : 1;
  },
  (error: unknown) => {
    const usage = error instanceof TypeError;
    note(`error: ${error instanceof Error ? error.message : String(error)}`);
    if (usage) note(`hint: ${USAGE}`);
    process.exitCode = usage ? 2 : 1;
  },
);
