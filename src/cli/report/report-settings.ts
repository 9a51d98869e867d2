/** The application's options that the checks use. */
export interface ReportSettings {
  /** Whether reads of the ledger are recorded. */
  readonly recordReads: boolean;
  /** The fewest days that an event is kept; `forever` without a rule. */
  readonly retentionDays: number | 'forever';
  /** The most days that a rule keeps an event; `forever` without a rule, or if a rule keeps some events forever. */
  readonly longestDays: number | 'forever';
  /** The names of the rules that run; `undefined` if the ledger is not watched. */
  readonly rules: readonly string[] | undefined;
  /** The names of shipped rules that are on by default, but do not run. */
  readonly rulesOff: readonly string[];
  /** Whether row changes are captured. */
  readonly captures: boolean;
  /** Whether a request is refused if its event cannot be stored. */
  readonly onFailure: 'open' | 'closed';
  readonly hasSpill: boolean;
  /** Routes that change state, and those without a decision about their audit. */
  readonly coverage: { readonly checked: number; readonly missing: readonly string[] };
}
