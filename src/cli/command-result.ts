/** The exit codes of commands, by their meanings. */
export const EXIT_CODES = { fine: 0, missing: 1, undecided: 1, tampered: 1, notChecked: 2 } as const;

export interface CommandResult {
  readonly exitCode: (typeof EXIT_CODES)[keyof typeof EXIT_CODES];
  readonly output?: string;
  readonly errors?: string;
}
