import { ConfigError } from '../core/errors.ts';
import { parseRule, type RuleInput } from './parse-rule.ts';
import type { Rule } from './rule.ts';

/** Short name of the method option in ts-proto's metadata. */
const METHOD_OPTION = 'entra_auth';
/** Short name of the service option in ts-proto's metadata. */
const SERVICE_OPTION = 'entra_auth_default';

/**
 * The part of ts-proto's `protoMetadata` that holds options. Generated with
 * `outputServices=grpc-js` and `outputSchema=no-file-descriptor`.
 */
export interface ProtoMetadataLike {
  readonly references: Readonly<Record<string, unknown>>;
  readonly options?:
    | {
        readonly services?:
          | Readonly<
              Record<
                string,
                {
                  readonly options?: Readonly<Record<string, unknown>> | undefined;
                  readonly methods?:
                    | Readonly<Record<string, Readonly<Record<string, unknown>>>>
                    | undefined;
                }
              >
            >
          | undefined;
      }
    | undefined;
}

interface ServiceRules {
  readonly fallback: Rule | undefined;
  readonly methods: ReadonlyMap<string, Rule>;
}

/** Rules read from one proto file. */
export class ProtoRules {
  readonly #services: ReadonlyMap<string, ServiceRules>;

  constructor(services: ReadonlyMap<string, ServiceRules>) {
    this.#services = services;
  }

  /** Full names of the services that state at least one rule. */
  get services(): readonly string[] {
    return [...this.#services.keys()];
  }

  /** Every rule that is stated, by the full name of its method or service. */
  *stated(): Generator<readonly [name: string, rule: Rule], void, undefined> {
    for (const [service, { fallback, methods }] of this.#services) {
      if (fallback !== undefined) yield [service, fallback];
      for (const [method, rule] of methods) yield [`${service}/${method}`, rule];
    }
  }

  /**
   * The rule of a method: its own, else its service's default, else none.
   *
   * @param service - Full name, for example `orders.v1.OrdersService`.
   * @param method - Name as in the proto, for example `GetOrder`.
   */
  ruleFor(
    service: string,
    method: string,
  ): { rule: Rule; source: 'method' | 'service' } | undefined {
    const rules = this.#services.get(service);
    const own = rules?.methods.get(method);
    if (own !== undefined) return { rule: own, source: 'method' };
    return rules?.fallback === undefined ? undefined : { rule: rules.fallback, source: 'service' };
  }
}

/** Drops members that state nothing: an absent message and an empty list decode to these. */
function stated(where: string, option: unknown): Record<string, unknown> {
  if (typeof option !== 'object' || option === null) {
    throw new ConfigError(
      'ERR_RULE_INVALID',
      `rule of ${where} is not decoded; generate with outputSchema=no-file-descriptor and with grpc_entra/v1/auth.proto ` +
        'among the inputs',
    );
  }
  return Object.fromEntries(Object.entries(option).filter(([, value]) => value !== undefined));
}

function ruleFromOption(where: string, option: unknown): Rule {
  return parseRule(where, stated(where, option) as RuleInput);
}

function fullNameOf(metadata: ProtoMetadataLike, shortName: string): string {
  const names = Object.keys(metadata.references)
    .filter((name) => name.endsWith(`.${shortName}`))
    .map((name) => name.slice(1));
  const [fullName] = names;
  if (fullName === undefined || names.length > 1) {
    throw new ConfigError(
      'ERR_RULE_INVALID',
      `service ${shortName}: its full name is ${names.length > 1 ? 'ambiguous' : 'missing'} in protoMetadata; ` +
        'generate with outputServices=grpc-js beside generic-definitions',
    );
  }
  return fullName;
}

/**
 * Reads the access rules of a proto file from the metadata ts-proto generated for it.
 *
 * @param metadata - The generated file's export `protoMetadata`.
 * @throws ConfigError `ERR_RULE_INVALID` naming the method, for a rule that cannot be meant.
 */
export function rulesFromProto(metadata: ProtoMetadataLike): ProtoRules {
  if (typeof metadata?.references !== 'object' || metadata.references === null) {
    throw new ConfigError(
      'ERR_RULE_INVALID',
      'rulesFromProto needs the export `protoMetadata` of a file generated with outputSchema=no-file-descriptor',
    );
  }
  const services = new Map<string, ServiceRules>();
  for (const [shortName, service] of Object.entries(metadata.options?.services ?? {})) {
    const fullName = fullNameOf(metadata, shortName);
    const fallback = service.options?.[SERVICE_OPTION];
    const methods = new Map<string, Rule>();
    for (const [method, options] of Object.entries(service.methods ?? {})) {
      const option = options[METHOD_OPTION];
      if (option !== undefined) {
        methods.set(method, ruleFromOption(`${fullName}/${method}`, option));
      }
    }
    services.set(fullName, {
      fallback: fallback === undefined ? undefined : ruleFromOption(fullName, fallback),
      methods,
    });
  }
  return new ProtoRules(services);
}
