/** What of an application's options the checks look at. */
export interface ReportSettings {
  /** Whether reads of the ledger are recorded. */
  readonly recordReads: boolean;
  /** The fewest days that an event is kept; `forever` without a rule. */
  readonly retentionDays: number | 'forever';
  /** The most days that a rule keeps an event; `forever` without a rule, and where one keeps some of them so. */
  readonly longestDays: number | 'forever';
  /** The names of the rules that run; `undefined`: the ledger is not watched. */
  readonly rules: readonly string[] | undefined;
  /** Names of shipped rules that are on by default, and do not run. */
  readonly rulesOff: readonly string[];
  /** Whether row changes are captured. */
  readonly captures: boolean;
  /** Whether a request is refused where its event cannot be stored. */
  readonly onFailure: 'open' | 'closed';
  readonly hasSpill: boolean;
  /** Routes that change state, and those that nobody decided about. */
  readonly coverage: { readonly checked: number; readonly missing: readonly string[] };
}
