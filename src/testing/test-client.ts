import type { CallOptions } from '../client/call-options.ts';
import type { PromiseClient } from '../client/client.ts';
import { checkFunctions, checkOptionNames, invalidOption } from '../core/options.ts';
import type { ServiceDefinition } from '../core/service-definition.ts';
import type { ServerInterceptor } from '../server/interceptor.ts';
import type { BoundService } from '../server/service.ts';
import type { TestCaller } from './callers.ts';
import { callOnce, callStream, checkTestCaller, type TestedMethod } from './in-process-call.ts';

/** A client without network, tokens or TLS: rules, interceptors, codecs and handlers are the real ones. */
export interface TestClient<D extends ServiceDefinition> {
  /** The client of a caller: `asApp({ roles: [...] })`, `asUser({ scopes: [...] })` or `'nobody'`. */
  as(caller: TestCaller): PromiseClient<D>;
}

/** Options of {@link testClient}. */
export interface TestClientOptions {
  /** Those the server will be made with. Default: none. */
  readonly interceptors?: readonly ServerInterceptor[];
}

/**
 * Calls a service in this process, for tests of its handlers and rules.
 *
 * Calls reject with the `ServiceError` that a client would get. An error that a server would hide is its `cause`.
 *
 * @param service - From `service(...)`.
 */
export function testClient<D extends ServiceDefinition>(
  service: BoundService<D>,
  options: TestClientOptions = {},
): TestClient<D> {
  if (typeof service?.bind !== 'function') {
    throw invalidOption('testClient service', 'what service(...) returns', service);
  }
  checkOptionNames('testClient options', options, ['interceptors']);
  const bound = service.bind({
    shutdown: new AbortController().signal,
    onHidden: () => {},
    interceptors: checkFunctions('testClient interceptors', options.interceptors),
  });
  const rules = new Map(service.methods.map(({ path, rule }) => [path, rule]));
  return {
    as: (caller) => {
      checkTestCaller(caller);
      const methods: Record<string, unknown> = {};
      for (const { name, handled } of bound) {
        const definition = service.definition.methods[name];
        const rule = rules.get(handled.path);
        if (definition === undefined || rule === undefined) throw new Error(`no method ${name}`);
        const method: TestedMethod = { definition, handled, rule };
        const call = definition.responseStream ? callStream : callOnce;
        methods[name] = (input: unknown, callOptions: CallOptions = {}) =>
          call(method, caller, input, callOptions);
      }
      return Object.freeze(methods) as PromiseClient<D>;
    },
  };
}
