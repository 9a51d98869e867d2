/** A match of a rule: a matching event, or a correlation that an event completed. */
export interface Match {
  /** The rule's name. */
  readonly rule: string;
  /** The place of the event, or of the one that completed the correlation. */
  readonly place: number;
  /** The id of that event. */
  readonly id: string;
  /** When it happened, in milliseconds since 1970; for a correlation, the time of its latest event. */
  readonly at: number;
  readonly tenantId: string | null;
  /** Set for a canary, which no rule counts. */
  readonly isCanary?: true;
  /** The values of the fields that some rule needs. */
  readonly values: Readonly<Record<string, string | null>>;
  /** The ids of its events, at most {@link MOST_IDS}. */
  readonly ids: readonly string[];
  /** The number of its events. */
  readonly count: number;
  /** When its first event happened. */
  readonly from: number;
}

/** The maximum number of event ids in an alert. */
export const MOST_IDS = 100;

/** The part of a match that a correlation keeps. Plain JSON, without personal values. */
export interface Kept {
  readonly at: number;
  readonly place: number;
  readonly id: string;
  /** The index of its rule among those of the correlation. */
  readonly of: number;
  /** For `value_count`: a digest of the value. */
  readonly value?: string;
}
