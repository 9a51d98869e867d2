/** A match of a rule: an event, or the events of a correlation. */
export interface Match {
  readonly rule: string;
  /** The sequence number of the event, or of the event that completed the correlation. */
  readonly place: number;
  /** The id of the event at `place`. */
  readonly id: string;
  /** The time of the latest event, in milliseconds since 1970. */
  readonly at: number;
  readonly tenantId: string | null;
  readonly values: Readonly<Record<string, string | null>>;
  /** The ids of the last {@link MOST_IDS} events of the match. */
  readonly ids: readonly string[];
  readonly count: number;
  /** The time of the first event, in milliseconds since 1970. */
  readonly from: number;
}

/** The maximum number of event ids in an alert. */
export const MOST_IDS = 100;

/** The part of a match that a correlation stores: plain JSON without personal values. */
export interface Kept {
  readonly at: number;
  readonly place: number;
  readonly id: string;
  /** The index of the match's rule in the correlation. */
  readonly of: number;
  /** For `value_count`: a digest of the value. */
  readonly value?: string;
}
