/** What the command's exit codes say. */
export const EXIT_CODES = { fine: 0, missing: 1, undecided: 1, tampered: 1, notChecked: 2 } as const;

/** What a run of a command prints and ends with. */
export interface CommandResult {
  readonly exitCode: (typeof EXIT_CODES)[keyof typeof EXIT_CODES];
  readonly output?: string;
  readonly errors?: string;
}
