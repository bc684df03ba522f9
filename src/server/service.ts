import type { MethodDefinition as GrpcMethodDefinition } from '@grpc/grpc-js';
import { ProtoRules } from '../authorize/proto-rules.ts';
import type { Rule } from '../authorize/rule.ts';
import { ConfigError } from '../core/errors.ts';
import { checkOptionNames, invalidOption, nearestName } from '../core/options.ts';
import {
  deserializer,
  type MethodDefinition,
  methodPath,
  type ServiceDefinition,
  serializer,
} from '../core/service-definition.ts';
import type { HandlerContext } from './call-context.ts';
import type { HandledMethod, HandlerEnvironment, UntypedHandler } from './handle.ts';
import type { Handlers, RulesFor } from './handler-types.ts';

/** A method as grpc-js describes it. Messages are checked by the types of the service. */
type GrpcMethod = GrpcMethodDefinition<unknown, unknown>;

/** A method with its rule and where the rule is written. */
export interface RuledMethod {
  readonly path: string;
  readonly rule: Rule;
  readonly source: 'proto method' | 'proto service default' | 'code';
}

/** A method as grpc-js takes it, with its handler. */
export interface BoundMethod {
  /** Its name in code, for example `getOrder`. */
  readonly name: string;
  readonly definition: GrpcMethod;
  readonly handled: HandledMethod;
}

/** A service with rules and handlers, ready to be given to {@link createServer}. */
export interface BoundService<D extends ServiceDefinition = ServiceDefinition> {
  /** Full name, for example `orders.v1.OrdersService`. */
  readonly name: string;
  readonly definition: D;
  readonly methods: readonly RuledMethod[];
  /** For {@link createServer}. */
  bind(environment: HandlerEnvironment): readonly BoundMethod[];
}

function ruleOf(
  definition: ServiceDefinition,
  rules: RulesFor<ServiceDefinition>,
  key: string,
  method: string,
): Omit<RuledMethod, 'path'> | undefined {
  if (rules instanceof ProtoRules) {
    const found = rules.ruleFor(definition.fullName, method);
    if (found === undefined) return undefined;
    const source = found.source === 'method' ? 'proto method' : 'proto service default';
    return { rule: found.rule, source };
  }
  const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
  return rule === undefined ? undefined : { rule, source: 'code' };
}

function ruledMethods(
  definition: ServiceDefinition,
  rules: RulesFor<ServiceDefinition>,
): readonly RuledMethod[] {
  const missing: string[] = [];
  const ruled: RuledMethod[] = [];
  for (const [key, method] of Object.entries(definition.methods)) {
    const path = methodPath(definition, method);
    const found = ruleOf(definition, rules, key, method.name);
    if (found === undefined) missing.push(path.slice(1));
    else ruled.push(Object.freeze({ path, ...found }));
  }
  if (missing.length > 0) {
    throw new ConfigError(
      'ERR_RULE_MISSING',
      `no access rule for ${missing.join(', ')}; write option (grpc_entra.v1.entra_auth) beside the rpc, ` +
        'option (grpc_entra.v1.entra_auth_default) in the service, or give rules in code',
    );
  }
  return Object.freeze(ruled);
}

function checkHandlers(
  definition: ServiceDefinition,
  handlers: Readonly<Record<string, unknown>>,
): void {
  const known = Object.keys(definition.methods);
  for (const name of known) {
    if (typeof handlers[name] === 'function') continue;
    const near = nearestName(
      name,
      Object.keys(handlers).filter((other) => !known.includes(other)),
    );
    throw new ConfigError(
      'ERR_OPTION_INVALID',
      `no handler for ${definition.fullName}: ${name}${near === undefined ? '' : `; is it the one called "${near}"?`}`,
    );
  }
}

/**
 * Joins a service definition, the rules of its methods and its handlers.
 *
 * @param definition - From ts-proto with `outputServices=generic-definitions`.
 * @param rules - `rulesFromProto(protoMetadata)`, or one `allow....` for each method.
 * @param handlers - Async functions and async generators by the method's name in code.
 * @throws {@link ConfigError} `ERR_RULE_MISSING` naming every method without a rule: nothing is served by oversight.
 */
export function service<const D extends ServiceDefinition, const R extends RulesFor<D>>(
  definition: D,
  rules: R,
  handlers: Handlers<D, R>,
): BoundService<D> {
  if (typeof definition?.fullName !== 'string' || typeof definition.methods !== 'object') {
    throw invalidOption('service definition', 'a generated ...Definition', definition);
  }
  if (typeof rules !== 'object' || rules === null) {
    throw invalidOption(
      'service rules',
      'rulesFromProto(protoMetadata) or an object of allow....',
      rules,
    );
  }
  if (!(rules instanceof ProtoRules)) {
    checkOptionNames(`rules of ${definition.fullName}`, rules, Object.keys(definition.methods));
  }
  const methods = ruledMethods(definition, rules as RulesFor<ServiceDefinition>);
  const untyped = handlers as Readonly<Record<string, unknown>>;
  checkHandlers(definition, untyped);
  return Object.freeze({
    name: definition.fullName,
    definition,
    methods,
    bind: (environment: HandlerEnvironment) =>
      Object.entries(definition.methods).map(([name, method]) => ({
        name,
        definition: grpcDefinition(definition, method),
        handled: {
          path: methodPath(definition, method),
          requestStream: method.requestStream,
          responseStream: method.responseStream,
          requestType: method.requestType,
          serialize: serializer(method.responseType),
          // Called on the handlers object, so that classes with state work as services.
          handler: (request: unknown, context: HandlerContext) =>
            (untyped[name] as UntypedHandler).call(untyped, request, context),
          environment,
        },
      })),
  });
}

const encoded = (bytes: unknown): Buffer => bytes as Buffer;

function grpcDefinition(service: ServiceDefinition, method: MethodDefinition): GrpcMethod {
  return {
    path: methodPath(service, method),
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: serializer(method.requestType),
    requestDeserialize: deserializer(method.requestType),
    // Handlers' answers come encoded.
    responseSerialize: encoded,
    responseDeserialize: deserializer(method.responseType),
  };
}
