import { isCorrelation, type LinkedCorrelation, type LinkedEventRule, type LinkedRule } from '../rules/link-rules.js';
import { fieldIn, type Rule } from '../rules/rule.js';
import { GroupWindow, type Counted } from './windows.js';

/** A match of a rule: an event, or the events of a correlation. */
export interface Match {
  readonly rule: string;
  /** The sequence number of the event, or of the event that completed the correlation. */
  readonly place: number;
  /** The id of the event at `place`. */
  readonly id: string;
  /** When the application recorded the latest event, in milliseconds since 1970. */
  readonly at: number;
  readonly tenantId: string | null;
  readonly values: Readonly<Record<string, string | null>>;
  /** The ids of the last {@link MOST_IDS} events of the match. */
  readonly ids: readonly string[];
  readonly count: number;
  /** When the application recorded the first event, in milliseconds since 1970. */
  readonly from: number;
}

/** A match of a rule that raises alerts. */
export interface FoundAlert {
  readonly rule: LinkedRule;
  readonly match: Match;
  /** The rule, the tenant and the group's values. */
  readonly group: string;
  /** Whether the match can belong to an alert that the ledger already has. After a timespan without a match, a correlation raises another one. */
  readonly isContinued: boolean;
}

/** The maximum number of event ids in an alert. */
export const MOST_IDS = 100;

/** Identifies the group of a match, in which a rule counts matches together. `undefined` if the match lacks a value of the group. */
export function groupOf(
  { name, groupBy, acrossTenants }: Rule,
  { values, tenantId }: Pick<Match, 'values' | 'tenantId'>,
): string | undefined {
  const common = groupBy.map((field) => values[field]);
  if (common.some((value) => typeof value !== 'string')) return undefined;
  return JSON.stringify([name, acrossTenants ? [] : [tenantId], common]);
}

/** Returns the time before a match of the rule, in milliseconds, from which events can belong to the match. */
export function reachOf(linked: LinkedRule): number {
  return isCorrelation(linked) ? linked.rule.timespanMs + Math.max(...linked.parts.map(reachOf)) : 0;
}

/** The rules about single events that a correlation counts, each with the names that the fields of the correlation's group have there. */
export function countedRules(
  linked: LinkedRule,
  fields: readonly string[] = linked.rule.groupBy,
): readonly { readonly linked: LinkedEventRule; readonly fields: readonly string[] }[] {
  if (!isCorrelation(linked)) return [{ linked, fields }];
  const { rule, parts } = linked;
  return parts.flatMap((part) =>
    countedRules(
      part,
      fields.map((field) => fieldIn(rule, field, part.rule.name)),
    ),
  );
}

/**
 * Returns the matches of a rule, by place. Whether a match is found depends only on the events up to its place: not on later events, the clock, or the
 * ranges that were read.
 *
 * @param events the matches of the rules about single events
 */
export function matchesOf(linked: LinkedRule, events: readonly Match[]): readonly Match[] {
  if (!isCorrelation(linked)) return events.filter(({ rule }) => rule === linked.rule.name);
  const { rule } = linked;
  const { field } = rule;
  const windows = new Map<string, GroupWindow>();
  return linked.parts
    .flatMap((part, of) => matchesOf(part, events).map((match) => ({ match, of })))
    .toSorted((one, other) => one.match.place - other.match.place)
    .flatMap(({ match, of }) => {
      const passed = passedOn(match, linked);
      const group = groupOf(rule, passed);
      const value = field === undefined ? undefined : (match.values[fieldIn(rule, field, match.rule)] ?? null);
      if (group === undefined || value === null) return [];
      const window = windows.get(group) ?? new GroupWindow(rule);
      windows.set(group, window);
      const { at, place, id } = match;
      const found = window.add({ at, place, id, of, ...(value !== undefined && { value }) });
      return found ? [matchOf(passed, found)] : [];
    });
}

function passedOn(match: Match, { rule }: LinkedCorrelation): Match {
  const values = rule.groupBy.map((field) => [field, match.values[fieldIn(rule, field, match.rule)] ?? null] as const);
  return { ...match, rule: rule.name, values: Object.fromEntries(values) };
}

function matchOf(passed: Match, found: readonly Counted[]): Match {
  const times = found.map(({ at }) => at);
  return {
    ...passed,
    at: Math.max(...times),
    from: Math.min(...times),
    ids: [...new Set(found.map(({ id }) => id))].slice(-MOST_IDS),
    count: found.length,
  };
}
