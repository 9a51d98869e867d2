const HELP_WIDTH = 80;

/** Returns the width of the terminal, and 80 columns for a file. */
export function helpWidth(): number {
  return process.stdout.isTTY ? Math.min(process.stdout.columns, 100) : HELP_WIDTH;
}
