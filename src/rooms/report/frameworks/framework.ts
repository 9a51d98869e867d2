/** A clause of a framework, in our own words, with the checks that give evidence for the clause. */
export interface Clause {
  /** The clause's number in the framework. */
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly checks: readonly string[];
  /** What a person must do, such as interviews and reviews of policies. */
  readonly manual?: readonly string[];
}

/** A framework, with the clauses for which a log can give evidence. */
export interface Framework {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly clauses: readonly Clause[];
}

export function clause(id: string, title: string, more: Omit<Clause, 'id' | 'title'>): Clause {
  return { id, title, ...more };
}
