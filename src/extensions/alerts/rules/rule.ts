import { findNearestName } from '../../../audit/nest-free.js';
import type { TextPattern } from './rule-field.js';

/** Sigma's levels of rules. */
export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

export const MAX_THRESHOLD = 10_000;

interface RuleFacts {
  /** The unique name, by which other rules refer to this rule. */
  readonly name: string;
  /** Sigma's `id`, a UUID. */
  readonly id?: string;
  readonly title: string;
  readonly description?: string;
  readonly level: Level;
  readonly tags: readonly string[];
  /** The position of the rule, as `file:line`. */
  readonly source: string;
  /** Whether the rule raises alerts. `undefined`: only if no other rule refers to this rule. */
  readonly alerts: boolean | undefined;
  /** The fields that group the matches. Each combination of values has its own alerts. */
  readonly groupBy: readonly string[];
  /** Whether events of different tenants count together. */
  readonly acrossTenants: boolean;
}

/** The conditions on an event: a filter of `GET /audit/events`, pairs of fields with equal values, and text patterns. */
export interface SelectedFields {
  readonly filter: Readonly<Record<string, unknown>>;
  readonly same: readonly (readonly [string, string])[];
  readonly patterns: readonly TextPattern[];
}

/** Alternative conditions, of which at least one must match. */
export type Selection = readonly SelectedFields[];

/** The parsed `condition` of a Sigma rule: selections, joined with `and`, `or` and `not`. */
export type Condition =
  | { readonly is: 'selection'; readonly name: string }
  | { readonly is: 'not'; readonly of: Condition }
  | { readonly is: 'and' | 'or'; readonly of: readonly Condition[] };

/** A rule about single events. */
export interface EventRule extends RuleFacts {
  readonly kind: 'event';
  readonly selections: ReadonlyMap<string, Selection>;
  readonly condition: Condition;
  /** A match alerts if the group has no other match in this time before it, in milliseconds. */
  readonly repeatAfterMs: number;
}

interface Correlation extends RuleFacts {
  /** The names of the rules whose matches count. */
  readonly rules: readonly string[];
  readonly timespanMs: number;
  /** Whether the rules in `rules` raise alerts, too. */
  readonly generate: boolean;
  /** For each field of the correlation: the name of this field in each rule, if the names differ. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Sigma's `event_count` and `value_count`: a number of matches, or of different values, within a timespan. */
export interface CountRule extends Correlation {
  readonly kind: 'count';
  readonly threshold: number;
  /** For `value_count`: the field whose different values are counted. */
  readonly field?: string;
}

/** Sigma's `temporal_ordered`: a match of the second rule within a timespan after a match of the first. */
export interface SequenceRule extends Correlation {
  readonly kind: 'sequence';
  /** As for an {@link EventRule}. */
  readonly repeatAfterMs: number;
}

export type CorrelationRule = CountRule | SequenceRule;
export type Rule = EventRule | CorrelationRule;

/** Returns the name of a correlation's field in the rule `ruleName`. */
export function resolveField({ aliases }: Pick<Correlation, 'aliases'>, field: string, ruleName: string): string {
  return aliases[field]?.[ruleName] ?? field;
}

/** Adds the most similar known name to an unknown name: `brute_forse (did you mean brute_force?)`. */
export function suggestName(name: string, known: readonly string[]): string {
  const nearest = findNearestName(name, known);
  return nearest === undefined ? name : `${name} (did you mean ${nearest}?)`;
}

/** Returns whether a value is a map, and not a list. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface UnparsedRule {
  /** `undefined` if the rule is not a map of keys and values. */
  readonly value: Readonly<Record<string, unknown>> | undefined;
  /** The problems, each with its file and line. */
  readonly problems: readonly string[];
  /** Adds a problem at a path of keys and indexes. */
  problem(path: readonly (string | number)[], text: string): void;
  /** Returns `file:line` of the node at a path. */
  getSource(path: readonly (string | number)[]): string;
}

/** A rule that the package ships with. The build reads its YAML, so that a start loads no YAML parser. */
export function createShippedRule(source: string, value: UnparsedRule['value']): UnparsedRule {
  const problems: string[] = [];
  return {
    value,
    problems,
    problem: (_path, text) => void problems.push(`${source}: ${text}`),
    getSource: () => source,
  };
}
