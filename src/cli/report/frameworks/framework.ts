/** A clause of a framework, in our own words, with the checks that answer it. */
export interface Clause {
  /** The framework's number of the clause. */
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly checks: readonly string[];
  /** Steps for a person, such as interviews and reviews of policies. */
  readonly manual?: readonly string[];
}

/** The clauses of a framework that a log can answer. */
export interface Framework {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  /** The prefix of its OSCAL tokens: letters, digits, `_`, `-` and `.`, not beginning with a digit. */
  readonly prefix: string;
  readonly clauses: readonly Clause[];
}

/** Makes a clause. */
export function clause(id: string, title: string, more: Omit<Clause, 'id' | 'title'>): Clause {
  return { id, title, ...more };
}
