const HELP_WIDTH = 80;

/** Returns the width of the terminal, or 80 columns if the output is a file. */
export function helpWidth(): number {
  return process.stdout.isTTY ? Math.min(process.stdout.columns, 100) : HELP_WIDTH;
}
