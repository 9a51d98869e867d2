import { nearestName } from '../../../audit/plain.js';
import type { TextPattern } from './text-pattern.js';

/** The levels of Sigma's rules. */
export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** The maximum that a correlation counts. */
export const MOST_COUNTED = 10_000;

/** The facts of every rule. */
interface RuleFacts {
  /** Unique among all rules; other rules refer to it. */
  readonly name: string;
  /** Sigma's `id`, a UUID. */
  readonly id?: string;
  readonly title: string;
  readonly description?: string;
  readonly level: Level;
  readonly tags: readonly string[];
  /** The rule's place, as `file:line`. */
  readonly source: string;
  /** Whether it raises alerts. `undefined` means: unless another rule refers to it. */
  readonly alerts: boolean | undefined;
  /** Whether it runs by default. `false`: only if an option enables it. */
  readonly enabled: boolean;
  /** The fields that group its alerts: one alert for each combination of their values. */
  readonly groupBy: readonly string[];
  /** Whether events of different tenants count together. */
  readonly acrossTenants: boolean;
  /** How long the same alert is not raised again, in milliseconds. */
  readonly repeatAfterMs: number;
}

/** The conditions of a selection on an event: a filter of `GET /audit/events`, pairs of fields with equal values, and patterns of texts. */
export interface SelectedFields {
  readonly filter: Readonly<Record<string, unknown>>;
  readonly same: readonly (readonly [string, string])[];
  readonly patterns: readonly TextPattern[];
}

/** Alternatives, one of which must match. */
export type Selection = readonly SelectedFields[];

/** Working hours, by the clock of a time zone. */
export interface WorkingHours {
  /** The start, such as `07:00`. */
  readonly from: string;
  /** The end, such as `19:00`, exclusive. */
  readonly to: string;
  /** Days of the week: 1 is Monday, 7 is Sunday. */
  readonly days: readonly number[];
  /** The time zone, such as `Europe/Berlin`. */
  readonly timeZone: string;
}

/** Sigma's `condition`, over the names of selections. */
export type Condition =
  | { readonly is: 'selection'; readonly name: string }
  | { readonly is: 'not'; readonly of: Condition }
  | { readonly is: 'and' | 'or'; readonly of: readonly Condition[] };

/** A rule about single events: each matching event is a match. */
export interface EventRule extends RuleFacts {
  readonly kind: 'event';
  readonly selections: ReadonlyMap<string, Selection>;
  readonly condition: Condition;
  /** If set, a match only counts if no event of that rule follows for the group within the time. */
  readonly unless?: { readonly rule: string; readonly withinMs: number };
  /** If set, a match only counts if the group had none for longer than this, in milliseconds, but had one before. */
  readonly afterSilenceMs?: number;
  /** If set, a match only counts outside of these hours. */
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
  /** The minimum number of events, or of different values; for the temporal types, the number of their rules. */
  readonly least: number;
  /** For `value_count`: the field whose different values are counted. */
  readonly field?: string;
  /** Whether the rules that it refers to raise alerts of their own. */
  readonly generate: boolean;
  /** The names of a `groupBy` field or of `field` in each rule, if the rules name it differently. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export type Rule = EventRule | CorrelationRule;

/** The name of a correlation's field in the rule `of`. */
export function fieldIn({ aliases }: Pick<CorrelationRule, 'aliases'>, field: string, of: string): string {
  return aliases[field]?.[of] ?? field;
}

/** An unknown name, with the known one that was probably meant: `brute_forse (did you mean brute_force?)`. */
export function orNearest(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? name : `${name} (did you mean ${nearest}?)`;
}

/** Whether a value of a rule or of an option is a map, and not a list. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value of a rule, of an option or of an event is a list of texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
