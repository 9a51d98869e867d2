/**
 * Formats rows below a head, as a table whose columns are as wide as their cells. If that is wider than `width`, each row becomes a block
 * instead: a line for each cell that is not empty, after its name. Nothing is left out.
 */
export function fitTable(head: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((cells) => (cells[at] ?? '').length)));
  const lines = [head, ...rows].map((cells) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  if (lines.every((line) => line.length <= width)) return lines.map((line) => `${line}\n`).join('');
  const nameWidth = Math.max(...head.map(({ length }) => length));
  const blocks = rows.map((cells) =>
    cells
      .flatMap((cell, at) =>
        cell === '' ? [] : [wrapIndented(`${(head[at] ?? '').padEnd(nameWidth)}  ${cell}`, width, nameWidth + 2)],
      )
      .map((line) => `${line}\n`)
      .join(''),
  );
  return blocks.join('\n');
}

/** Breaks a line at spaces into lines no wider than `width`; all but the first are indented. Long words are broken. */
export function wrapIndented(text: string, width: number, indent = 4): string {
  if (text.length <= width) return text;
  const room = Math.max(width, indent + 8);
  const space = text.lastIndexOf(' ', room);
  const isWhole = space > indent && text.slice(0, space).trim() !== '';
  const cut = isWhole ? space : room;
  const rest = text.slice(cut).trimStart();
  return `${text.slice(0, cut).trimEnd()}\n${wrapIndented(`${' '.repeat(indent)}${rest}`, width, indent)}`;
}
