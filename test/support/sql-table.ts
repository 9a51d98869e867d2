/**
 * Reads a table of statements. A line is what they are, and what comes of it behind an arrow; the statements are indented below it.
 * A backslash stands for itself.
 */
export function sqlTable(
  { raw }: TemplateStringsArray,
  ...values: readonly string[]
): readonly (readonly [what: string, sql: string, comes: string | undefined])[] {
  return String.raw({ raw }, ...values)
    .split(/\n(?=\S)/)
    .filter((entry) => entry.trim() !== '')
    .map((entry) => {
      const [head = '', ...statements] = entry.trim().split('\n');
      const [what = '', comes] = head.split(' → ');
      return [what, statements.join('\n'), comes];
    });
}
