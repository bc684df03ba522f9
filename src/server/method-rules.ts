import { ProtoRules } from '../authorize/proto-rules.ts';
import type { Rule } from '../authorize/rule.ts';
import { ConfigError } from '../core/errors.ts';
import { invalidOption } from '../core/options.ts';

/** Rules by method path. A path that is not in it is closed. */
export type MethodRules = Pick<ReadonlyMap<string, Rule>, 'get'>;

/** Rules of a host, and all that are stated, for checks at start. */
export interface JoinedRules extends MethodRules {
  stated(): Iterable<readonly [name: string, rule: Rule]>;
}

/** Rules in code by full path, for example `{ '/grpc.health.v1.Health/Check': allow.public('liveness') }`. */
export type PathRules = Readonly<Record<string, Rule>>;

/** Where the rules of a host's methods stand: in protos, in code, or both. */
export type RuleSource = ProtoRules | PathRules;

const PATH = /^\/([\w.]+)\/(\w+)$/;

function checkPathRules(where: string, rules: PathRules): void {
  for (const [path, rule] of Object.entries(rules)) {
    if (!PATH.test(path)) {
      throw new ConfigError(
        'ERR_OPTION_INVALID',
        `${where}: "${path.slice(0, 80)}" is no method; write /package.Service/Method`,
      );
    }
    if (typeof rule?.kind !== 'string') {
      throw invalidOption(
        `${where}["${path}"]`,
        'a rule such as allow.app({ anyRole: [...] })',
        rule,
      );
    }
  }
}

function ruleFrom(source: RuleSource, path: string): Rule | undefined {
  if (!(source instanceof ProtoRules))
    return Object.hasOwn(source, path) ? source[path] : undefined;
  const [, service = '', method = ''] = PATH.exec(path) ?? [];
  return source.ruleFor(service, method)?.rule;
}

/**
 * Joins the rules of a host that owns its services. A method that no source names stays closed; one that two sources
 * name is refused when they differ.
 *
 * @throws ConfigError for something that is no rule, `ERR_RULE_INVALID` for two rules of one method that differ.
 */
export function joinRules(where: string, sources: RuleSource | readonly RuleSource[]): JoinedRules {
  const list: readonly RuleSource[] = Array.isArray(sources)
    ? (sources as readonly RuleSource[])
    : [sources as RuleSource];
  if (list.length === 0) throw invalidOption(where, 'at least one source of rules', sources);
  for (const source of list) {
    if (typeof source !== 'object' || source === null) {
      throw invalidOption(where, 'rulesFromProto(protoMetadata) or rules by path', source);
    }
    if (!(source instanceof ProtoRules)) checkPathRules(where, source);
  }
  for (const [path, rule] of list.flatMap((source) =>
    source instanceof ProtoRules ? [] : Object.entries(source),
  )) {
    const other = list
      .map((source) => ruleFrom(source, path))
      .find((found) => found !== undefined && JSON.stringify(found) !== JSON.stringify(rule));
    if (other === undefined) continue;
    throw new ConfigError(
      'ERR_RULE_INVALID',
      `${where}: ${path} has two rules that differ; keep the one in the proto or the one in code`,
    );
  }
  // Looked up once for each method: paths come from the wire, so only those with a rule are remembered.
  const known = new Map<string, Rule>();
  return {
    stated: () =>
      list.flatMap((source) => [
        ...(source instanceof ProtoRules ? source.stated() : Object.entries(source)),
      ]),
    get: (path) => {
      const remembered = known.get(path);
      if (remembered !== undefined) return remembered;
      for (const source of list) {
        const rule = ruleFrom(source, path);
        if (rule === undefined) continue;
        known.set(path, rule);
        return rule;
      }
      return undefined;
    },
  };
}
