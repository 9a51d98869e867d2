import type { TextPattern } from './text-pattern.js';

/** Severities of Sigma's rules. */
export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** The most that a correlation counts. */
export const MOST_COUNTED = 10_000;

/** What every rule has. */
interface RuleFacts {
  /** Unique among all rules; other rules refer to it. */
  readonly name: string;
  /** Sigma's `id`, a UUID. */
  readonly id?: string;
  readonly title: string;
  readonly description?: string;
  readonly level: Level;
  readonly tags: readonly string[];
  /** Where it is written, as `file:line`. */
  readonly source: string;
  /** Whether it raises alerts. `undefined`: unless another rule refers to it. */
  readonly alerts: boolean | undefined;
  /** Whether it runs unless an option disables it; `false`: only where an option enables it. */
  readonly enabled: boolean;
  /** The fields that say whose alert it is: one alert for each combination of their values. */
  readonly groupBy: readonly string[];
  /** Whether events of different tenants count together. */
  readonly acrossTenants: boolean;
  /** For how long the same alert is not raised again, in milliseconds. */
  readonly repeatAfterMs: number;
}

/** What a selection says of an event: a filter as `GET /audit/events` takes it, pairs of fields that have the same value, and patterns of texts. */
export interface SelectedFields {
  readonly filter: Readonly<Record<string, unknown>>;
  readonly same: readonly (readonly [string, string])[];
  readonly patterns: readonly TextPattern[];
}

/** Any of them holds. */
export type Selection = readonly SelectedFields[];

/** The hours in which somebody works, by the clock of a time zone. */
export interface WorkingHours {
  /** As `07:00`. */
  readonly from: string;
  /** As `19:00`; it does not belong to them. */
  readonly to: string;
  /** Days of the week: 1 is Monday, 7 is Sunday. */
  readonly days: readonly number[];
  /** As `Europe/Berlin`. */
  readonly timeZone: string;
}

/** Sigma's `condition`, over the names of selections. */
export type Condition =
  | { readonly is: 'selection'; readonly name: string }
  | { readonly is: 'not'; readonly of: Condition }
  | { readonly is: 'and' | 'or'; readonly of: readonly Condition[] };

/** A rule about single events: each that passes is a match. */
export interface EventRule extends RuleFacts {
  readonly kind: 'event';
  readonly selections: ReadonlyMap<string, Selection>;
  readonly condition: Condition;
  /** Set: a match is only one when no event of that rule follows for the group within the time. */
  readonly unless?: { readonly rule: string; readonly withinMs: number };
  /** Set: a match is only one when the group had none for longer than this, in milliseconds, and had one before. */
  readonly afterSilenceMs?: number;
  /** Set: a match is only one outside of these. */
  readonly outsideHours?: WorkingHours;
}

export const CORRELATIONS = ['event_count', 'value_count', 'temporal', 'temporal_ordered'] as const;
export type CorrelationType = (typeof CORRELATIONS)[number];

/** A rule about several matches of other rules within a time. */
export interface CorrelationRule extends RuleFacts {
  readonly kind: 'correlation';
  readonly type: CorrelationType;
  /** The rules whose matches it counts, by name; for `temporal_ordered`, in this order. */
  readonly rules: readonly string[];
  readonly timespanMs: number;
  /** The least number of events, or of different values; of the temporal types, the number of their rules. */
  readonly least: number;
  /** Of `value_count`: the field whose different values are counted. */
  readonly field?: string;
  /** Whether the rules that it refers to raise alerts of their own. */
  readonly generate: boolean;
  /** What a field of `groupBy` or `field` is called in each rule, where rules call it differently. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export type Rule = EventRule | CorrelationRule;

/** What the rule `of` calls a field of the correlation. */
export function fieldIn({ aliases }: Pick<CorrelationRule, 'aliases'>, field: string, of: string): string {
  return aliases[field]?.[of] ?? field;
}

/** Whether a value of a rule or of an option is an object with names, and not a list. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
