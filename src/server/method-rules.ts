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

const KINDS: readonly unknown[] = ['app', 'user', 'either', 'public'];
const PATH = /^\/([\w.]+)\/(\w+)$/;

function checkPathRules(where: string, rules: PathRules): void {
  for (const [path, rule] of Object.entries(rules)) {
    if (!PATH.test(path)) {
      throw new ConfigError(
        'ERR_OPTION_INVALID',
        `${where}: "${path.slice(0, 80)}" is no method; write /package.Service/Method`,
      );
    }
    if (!KINDS.includes(rule?.kind)) {
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

/** One text for one rule, whatever the order of its members. */
function canonical(rule: Rule): string {
  const sorted = (value: unknown): unknown =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, part]) => [name, sorted(part)]),
        );
  return JSON.stringify(sorted(rule));
}

/** Every path that a source names, and every service it has rules for, which stand for paths nobody can list here. */
function namedPaths(list: readonly RuleSource[]): ReadonlySet<string> {
  return new Set(
    list.flatMap((source) =>
      source instanceof ProtoRules
        ? // A service's default counts for a method that no rpc can have as its name.
          [...source.stated()].map(([name]) => (name.includes('/') ? `/${name}` : `/${name}/_`))
        : Object.keys(source),
    ),
  );
}

function checkAgreement(where: string, list: readonly RuleSource[]): void {
  for (const path of namedPaths(list)) {
    const texts = list
      .map((source) => ruleFrom(source, path))
      .filter((rule) => rule !== undefined)
      .map(canonical);
    if (new Set(texts).size < 2) continue;
    const name = path.endsWith('/_') ? `the default of ${path.slice(1, -2)}` : path;
    throw new ConfigError(
      'ERR_RULE_INVALID',
      `${where}: ${name} has two rules that differ; keep one of them, in a proto or in code`,
    );
  }
}

/**
 * Joins the rules of a host that owns its services. A method that no source names stays closed; one that two sources
 * name is refused when they differ.
 *
 * @throws ConfigError for something that is no rule, `ERR_RULE_INVALID` for two rules of one method that differ.
 */
export function joinRules(where: string, sources: RuleSource | readonly RuleSource[]): JoinedRules {
  const given: readonly RuleSource[] = Array.isArray(sources)
    ? (sources as readonly RuleSource[])
    : [sources as RuleSource];
  if (given.length === 0) throw invalidOption(where, 'at least one source of rules', sources);
  for (const source of given) {
    if (typeof source !== 'object' || source === null) {
      throw invalidOption(where, 'rulesFromProto(protoMetadata) or rules by path', source);
    }
    if (!(source instanceof ProtoRules)) checkPathRules(where, source);
  }
  // Copied: what its owner does with the object later changes nothing here.
  const list = given.map((source) =>
    source instanceof ProtoRules ? source : structuredClone(source),
  );
  checkAgreement(where, list);
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
