/** A range of indices whose events are missing, erased, or under a legal hold. */
export interface Absence {
  readonly kind: 'retired' | 'erased' | 'held' | 'missing';
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly act?: {
    readonly id: string;
    readonly eventId?: string;
    readonly at?: string;
    readonly reason?: string;
    readonly archive?: string;
  };
}

/** The answer of `GET /absences`. */
export interface Absences {
  readonly first: number;
  readonly last: number;
  readonly next: number | null;
  readonly absences: readonly Absence[];
}
