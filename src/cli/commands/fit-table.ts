/**
 * Formats rows as a table. If the table would be wider than `width`, each row becomes a block with a line for each cell that is not
 * empty.
 */
export function fitTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((cells) => (cells[at] ?? '').length)));
  const lines = [head, ...rows].map((cells) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  if (lines.every((line) => line.length <= width)) return lines;
  const nameWidth = Math.max(...head.map(({ length }) => length));
  const formatBlock = (cells: readonly string[]): readonly string[] =>
    cells.flatMap((cell, at) => {
      const line = `${(head[at] ?? '').padEnd(nameWidth)}  ${cell}`;
      return cell === '' ? [] : wrapIndented(line, width, nameWidth + 2).split('\n');
    });
  return rows.flatMap((cells, nth) => (nth === 0 ? formatBlock(cells) : ['', ...formatBlock(cells)]));
}

/** Wraps a line at spaces to `width`, and indents all lines but the first. Long words are broken. */
export function wrapIndented(text: string, width: number, indent = 4): string {
  if (text.length <= width) return text;
  const limit = Math.max(width, indent + 8);
  const space = text.lastIndexOf(' ', limit);
  const isComplete = space > indent && text.slice(0, space).trim() !== '';
  const cut = isComplete ? space : limit;
  const rest = text.slice(cut).trimStart();
  return `${text.slice(0, cut).trimEnd()}\n${wrapIndented(`${' '.repeat(indent)}${rest}`, width, indent)}`;
}
