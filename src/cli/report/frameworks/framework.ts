/** A clause of a framework, in our own words, and the checks that answer it. */
export interface Clause {
  /** As the framework numbers it. */
  readonly id: string;
  readonly title: string;
  readonly question: string;
  /** Ids of checks. */
  readonly checks: readonly string[];
  /** Interviews, policies, and what else a person has to look at. */
  readonly manual?: readonly string[];
}

/** A framework, as far as a log can say something of it. */
export interface Framework {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  /** Of OSCAL's tokens: letters, digits, `_`, `-` and `.`, not beginning with a digit. */
  readonly prefix: string;
  readonly clauses: readonly Clause[];
}
