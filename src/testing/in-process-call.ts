import { EventEmitter } from 'node:events';
import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { decide } from '../authorize/decide.ts';
import type { CallOptions } from '../client/call-options.ts';
import { runInScope } from '../core/call-scope.ts';
import { decodeStatusDetails } from '../core/error-details-codec.ts';
import { Secret } from '../core/secret.ts';
import type { MethodDefinition } from '../core/service-definition.ts';
import { deserializer, serializer } from '../core/service-definition.ts';
import { receivedError, ServiceError } from '../core/service-error.ts';
import { statusName } from '../core/status-code.ts';
import { HandlerContext, type SurfaceCall } from '../server/call-context.ts';
import { recordAdmission } from '../server/caller-of.ts';
import { type HandledMethod, invoke } from '../server/handle.ts';
import { handlerStatus } from '../server/handler-error.ts';
import type { RuledMethod } from '../server/service.ts';
import type { TestCaller } from './callers.ts';

/** A method with everything a call in this process needs. */
export interface TestedMethod {
  readonly definition: MethodDefinition;
  readonly handled: HandledMethod;
  readonly rule: RuledMethod['rule'];
}

type Messages = Iterable<unknown> | AsyncIterable<unknown>;

/** As over the wire: what a codec loses is lost here, too. */
function transported(codec: MethodDefinition['requestType'], message: unknown): unknown {
  return deserializer(codec)(serializer(codec)(message));
}

async function* transportedAll(
  codec: MethodDefinition['requestType'],
  messages: Messages,
): AsyncGenerator<unknown, void, undefined> {
  for await (const message of messages) yield transported(codec, message);
}

/** The call object that grpc-js would hand to a handler. */
class TestCall extends EventEmitter implements SurfaceCall {
  readonly metadata: Metadata;
  readonly #deadline: Date | number;
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CallOptions, caller: TestCaller) {
    super();
    this.metadata = options.metadata?.clone() ?? new Metadata();
    const { deadlineMs, signal, userToken } = options;
    this.#deadline =
      deadlineMs === undefined ? Number.POSITIVE_INFINITY : new Date(Date.now() + deadlineMs);
    recordAdmission(
      this.metadata,
      caller === 'nobody'
        ? { kind: 'public' }
        : {
            kind: 'caller',
            caller,
            token: typeof userToken === 'string' ? new Secret(userToken) : userToken,
          },
    );
    if (deadlineMs !== undefined) {
      this.#timer = setTimeout(() => this.#end('DEADLINE_EXCEEDED'), deadlineMs);
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort();
    this.#forget = () => {
      clearTimeout(this.#timer);
      signal?.removeEventListener('abort', this.#onAbort);
    };
  }

  readonly #forget: () => void;
  readonly #onAbort = (): void => this.#end('CANCELLED');

  #end(status: 'CANCELLED' | 'DEADLINE_EXCEEDED'): void {
    this.#ended.abort(receivedError(status, 'the call ended before its answer', {}));
    this.emit('cancelled');
  }

  sendMetadata(): void {
    throw new Error('calls in this process have no wire');
  }

  getDeadline(): Date | number {
    return this.#deadline;
  }

  /** Settles as the work does, unless the call is over before. */
  during<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#ended;
    return new Promise<T>((resolve, reject) => {
      signal.throwIfAborted();
      const end = (): void => reject(signal.reason);
      signal.addEventListener('abort', end, { once: true });
      work()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', end));
    });
  }

  finish(): void {
    this.#forget();
  }
}

/** What the gate and the rule would say, by the same function. */
function checkAdmitted({ rule }: TestedMethod, caller: TestCaller): void {
  if (rule.kind === 'public') return;
  if (caller === 'nobody') {
    throw receivedError('UNAUTHENTICATED', 'authentication required', {});
  }
  const decision = decide(rule, caller);
  if (decision === 'allowed') return;
  throw receivedError('PERMISSION_DENIED', `permission denied (in this test: ${decision})`, {});
}

/** The error as a client would get it; what is hidden from clients is its cause, for whoever reads the test's output. */
function received(method: TestedMethod, context: HandlerContext, thrown: unknown): unknown {
  const status: StatusObject = handlerStatus(
    method.handled.path,
    thrown,
    context.trailers,
    () => undefined,
  );
  const details = status.metadata.get('grpc-status-details-bin')[0];
  const name = statusName(status.code);
  return receivedError(name === 'OK' ? 'UNKNOWN' : name, status.details, {
    cause: thrown,
    details: Buffer.isBuffer(details) ? decodeStatusDetails(details) : [],
  });
}

interface RunningCall {
  readonly method: TestedMethod;
  readonly call: TestCall;
  readonly context: HandlerContext;
}

function begin(method: TestedMethod, caller: TestCaller, options: CallOptions): RunningCall {
  checkAdmitted(method, caller);
  const call = new TestCall(options, method.rule.kind === 'public' ? 'nobody' : caller);
  const { path, environment } = method.handled;
  return { method, call, context: new HandlerContext(path, call, environment.shutdown) };
}

function end({ call, context }: RunningCall): void {
  context.finish();
  call.finish();
}

function requestFor({ definition }: TestedMethod, input: unknown): unknown {
  return definition.requestStream
    ? transportedAll(definition.requestType, input as Messages)
    : transported(definition.requestType, input);
}

/** Calls a method that answers once. */
export async function callOnce(
  method: TestedMethod,
  caller: TestCaller,
  input: unknown,
  options: CallOptions,
): Promise<unknown> {
  const running = begin(method, caller, options);
  const { call, context } = running;
  try {
    return await call.during(async () => {
      try {
        const response = await runInScope(context, () =>
          invoke(method.handled, requestFor(method, input), context),
        );
        return transported(method.definition.responseType, response);
      } catch (error) {
        throw received(method, context, error);
      }
    });
  } finally {
    end(running);
  }
}

/** Calls a method that answers with a stream. */
export async function* callStream(
  method: TestedMethod,
  caller: TestCaller,
  input: unknown,
  options: CallOptions,
): AsyncGenerator<unknown, void, undefined> {
  const running = begin(method, caller, options);
  const { call, context } = running;
  let messages: AsyncIterator<unknown> | undefined;
  try {
    const next = (): Promise<IteratorResult<unknown>> =>
      runInScope(context, async () => {
        try {
          if (messages === undefined) {
            const answers = await invoke(method.handled, requestFor(method, input), context);
            messages = (answers as AsyncIterable<unknown>)[Symbol.asyncIterator]();
          }
          return await messages.next();
        } catch (error) {
          throw received(method, context, error);
        }
      });
    for (;;) {
      const { done, value } = await call.during(next);
      if (done === true) return;
      yield transported(method.definition.responseType, value);
    }
  } finally {
    end(running);
    // Not awaited: a handler that waits for something else must not hold the test.
    messages?.return?.().catch(() => {});
  }
}

/** For a caller that is neither. */
export function checkTestCaller(caller: unknown): asserts caller is TestCaller {
  if (caller === 'nobody') return;
  if (typeof caller === 'object' && caller !== null && 'kind' in caller && 'roles' in caller)
    return;
  throw new ServiceError(
    'INVALID_ARGUMENT',
    'as(...) takes asApp({...}), asUser({...}) or "nobody"',
  );
}
