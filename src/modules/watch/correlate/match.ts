/** A match of a rule: an event that passes, or a correlation that an event completed. */
export interface Match {
  /** The rule's name. */
  readonly rule: string;
  /** The place of the event, or of the one that completed the correlation. */
  readonly place: number;
  /** The id of that event. */
  readonly id: string;
  /** When it happened, in milliseconds since 1970; of a correlation, the latest event of it. */
  readonly at: number;
  readonly tenantId: string | null;
  /** Set: a canary, which no rule counts. */
  readonly isCanary?: true;
  /** The values of the fields that some rule needs. */
  readonly values: Readonly<Record<string, string | null>>;
  /** The events that it is made of, at most {@link MOST_IDS}. */
  readonly ids: readonly string[];
  /** How many they are. */
  readonly count: number;
  /** When the first of them happened. */
  readonly from: number;
}

/** How many ids of events an alert has. */
export const MOST_IDS = 100;

/** What is kept of a match that a correlation counts. Plain JSON, and nothing personal. */
export interface Kept {
  readonly at: number;
  readonly place: number;
  readonly id: string;
  /** The index of its rule among those of the correlation. */
  readonly of: number;
  /** Of `value_count`: a digest of the value. */
  readonly value?: string;
}
