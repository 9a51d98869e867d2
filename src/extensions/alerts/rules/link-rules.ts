import {
  resolveField,
  suggestName,
  type CorrelationRule,
  type CountRule,
  type EventRule,
  type Rule,
  type SequenceRule,
} from './rule.js';

/** A rule about single events, as another rule counts it. */
export interface CountedEvents {
  readonly rule: EventRule;
  /** The fields of the group, by their names in `rule`. */
  readonly group: readonly string[];
  /** For `value_count`: the field whose values are counted, by its name in `rule`. */
  readonly value?: string | undefined;
}

/** A number of matches, or of different values, within a timespan. */
export interface Count {
  readonly parts: readonly CountedEvents[];
  readonly threshold: number;
  readonly timespanMs: number;
}

/** A rule that raises alerts, with everything that it counts. */
export type LinkedRule =
  | { readonly kind: 'event'; readonly rule: EventRule; readonly events: CountedEvents }
  | { readonly kind: 'count'; readonly rule: CountRule; readonly count: Count }
  | LinkedSequence;

export interface LinkedSequence {
  readonly kind: 'sequence';
  readonly rule: SequenceRule;
  /** The matches that must come first: single events, or the events at which a count is at its threshold or above. */
  readonly first: CountedEvents | Count;
  readonly second: CountedEvents;
}

export interface LinkedRules {
  readonly rules: readonly LinkedRule[];
  /** If there are problems, no rule is linked. */
  readonly problems: readonly string[];
}

/**
 * Links the rules that raise alerts with the rules to which they refer. As in Sigma, a rule to which another rule refers raises no alerts itself,
 * unless it has `alert: true`, or the other rule has `generate: true`.
 */
export function linkRules(rules: readonly Rule[], disabled: readonly string[] = []): LinkedRules {
  const problems: string[] = [];
  const byName = new Map<string, Rule>();
  for (const rule of rules) {
    const other = byName.get(rule.name);
    if (other) problems.push(`${rule.source}: another rule has the name ${rule.name}, at ${other.source}`);
    byName.set(rule.name, rule);
  }
  const linker = new Linker(rules, problems);
  const linked = rules.map((rule) => linker.link(rule));
  if (problems.length > 0) return { rules: [], problems };
  const running = linked.filter(({ rule }) => !disabled.includes(rule.name) && linker.raisesAlerts(rule));
  return { rules: running, problems };
}

class Linker {
  /** Rules may also refer to each other by Sigma's `id`. */
  private readonly byReference: ReadonlyMap<string, Rule>;

  constructor(
    private readonly rules: readonly Rule[],
    private readonly problems: string[],
  ) {
    this.byReference = new Map([
      ...rules.flatMap((rule) => (rule.id === undefined ? [] : [[rule.id, rule] as const])),
      ...rules.map((rule) => [rule.name, rule] as const),
    ]);
  }

  raisesAlerts(rule: Rule): boolean {
    const referring = this.rules.filter(
      (other) => other.kind !== 'event' && other.rules.some((reference) => this.byReference.get(reference) === rule),
    ) as readonly CorrelationRule[]; // the filter leaves only these
    return rule.alerts ?? (referring.length === 0 || referring.some(({ generate }) => generate));
  }

  link(rule: Rule): LinkedRule {
    if (rule.kind === 'event') return { kind: 'event', rule, events: { rule, group: rule.groupBy } };
    if (rule.kind === 'count') return { kind: 'count', rule, count: this.linkCount(rule, rule.groupBy) };
    const [first = '', second = ''] = rule.rules;
    const counted = this.byReference.get(first);
    return {
      ...{ kind: 'sequence', rule },
      first:
        counted?.kind === 'count'
          ? this.linkCount(counted, this.groupIn(rule, first, counted))
          : this.linkEvents(rule, first, rule.groupBy),
      second: this.linkEvents(rule, second, rule.groupBy),
    };
  }

  /** @param group the fields by which the matches are grouped, some of the rule's own `group-by` */
  private linkCount(rule: CountRule, group: readonly string[]): Count {
    const { threshold, timespanMs, field } = rule;
    return { threshold, timespanMs, parts: rule.rules.map((name) => this.linkEvents(rule, name, group, field)) };
  }

  /** A sequence groups the matches of a count by all fields by which the count groups them. */
  private groupIn(sequence: SequenceRule, reference: string, count: CountRule): readonly string[] {
    const group = sequence.groupBy.map((field) => resolveField(sequence, field, reference));
    const other = [
      ...group.filter((field) => !count.groupBy.includes(field)),
      ...count.groupBy.filter((field) => !group.includes(field)),
    ];
    if (other.length > 0) {
      const grouped = `group-by of ${sequence.name} and of ${count.name} differ by ${other.join(', ')}`;
      this.problems.push(`${sequence.source}: ${grouped}: group both by the same fields`);
    }
    return group;
  }

  private linkEvents(
    from: CorrelationRule,
    reference: string,
    group: readonly string[],
    value?: string,
  ): CountedEvents {
    const rule = this.byReference.get(reference);
    if (rule?.kind !== 'event') {
      const problem = rule
        ? `refers to ${reference}, which is not a rule about single events; only the first rule of temporal_ordered may be a count`
        : `refers to the unknown rule ${suggestName(
            reference,
            this.rules.map(({ name }) => name),
          )}`;
      this.problems.push(`${from.source}: ${from.name} ${problem}`);
    }
    return {
      rule: rule as EventRule, // otherwise, the problem is reported, and no rule runs
      group: group.map((field) => resolveField(from, field, reference)),
      value: value === undefined ? undefined : resolveField(from, value, reference),
    };
  }
}
