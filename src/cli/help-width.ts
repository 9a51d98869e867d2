const HELP_WIDTH = 80;

/** Returns the width of the terminal, at most 100 columns. Returns 80 if the output is a file. */
export function getHelpWidth(): number {
  return process.stdout.isTTY ? Math.min(process.stdout.columns, 100) : HELP_WIDTH;
}
