import type { Rule } from '../authorize/rule.ts';

/** Rules by method path. A path that is not in it is closed. */
export type MethodRules = ReadonlyMap<string, Rule>;
