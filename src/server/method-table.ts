import { describeRule } from '../authorize/rule.ts';
import type { RuledMethod } from './service.ts';

/**
 * Writes who may call what as a table: method, rule, and where the rule is written.
 *
 * @param methods - `server.methods`.
 */
export function describeMethods(methods: readonly RuledMethod[]): string {
  const rows = methods.map(({ path, rule, source }) => [path, describeRule(rule), source] as const);
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  const [pathWidth, ruleWidth] = [width(0), width(1)];
  return rows
    .map(
      ([path, rule, source]) => `${path.padEnd(pathWidth)}  ${rule.padEnd(ruleWidth)}  ${source}`,
    )
    .join('\n');
}
