/** The text of a claim; nothing where it is no text. Never a conversion: hostile objects throw when converted. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

const NO_NUMBERS: readonly number[] = Object.freeze([]);
const NO_TEXTS: readonly string[] = Object.freeze([]);

/** Numbers of a claim that Entra writes as one string with spaces, as a number, or as an array of either. */
export function numbersIn(value: unknown): readonly number[] {
  // Most tokens lack these claims, and every first sight of a token asks for several of them.
  if (value === undefined) return NO_NUMBERS;
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    if (typeof item === 'number') return [item];
    return (textOf(item).match(/\d+/g) ?? []).map(Number);
  });
}

/** Strings of a claim that Entra writes as an array or, with a single one, as a string. Others count for nothing. */
export function textsIn(value: unknown): readonly string[] {
  if (value === undefined) return NO_TEXTS;
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.filter((item) => typeof item === 'string');
}
