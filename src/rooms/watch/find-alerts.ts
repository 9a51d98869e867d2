import { eventFor } from '../../monitoring/read/query/ledger-event.js';
import { firstIdAt } from '../../monitoring/store/id-time.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { LEDGER_COLUMNS } from '../../monitoring/store/ledger-row.js';
import { ALERT_RAISED } from './alert-event.js';
import { countedRules, groupOf, matchesOf, reachOf, type FoundAlert, type Match } from './correlate/correlate.js';
import type { PlaceRange, RuleEvaluator } from './evaluate-rules.js';
import { isCorrelation, type LinkedCorrelation, type LinkedRule } from './rules/link-rules.js';

const KNOWN = `
  SELECT ${LEDGER_COLUMNS}, NULL AS index FROM audit_event
   WHERE type = '${ALERT_RAISED}' AND outcome = 'success' AND id >= $1::uuid
     AND details->>'rule' = ANY ($2::text[])`;
/** The clocks of two instances may differ. */
const CLOCKS_MS = 3_600_000;

/** Finds what rules match in new events, together with the events around them. Nothing is kept between two calls. */
export class AlertFinder {
  private readonly rules: readonly LinkedRule[];

  constructor(
    private readonly reader: Pick<LedgerReader, 'eventRows'>,
    rules: readonly LinkedRule[],
    private readonly events: Pick<RuleEvaluator, 'read' | 'around'>,
  ) {
    this.rules = rules.filter(({ alerts }) => alerts);
  }

  /** Returns the matches that end in a range, by place. Rejects with the error of the PostgreSQL client. */
  async find(range: PlaceRange): Promise<readonly FoundAlert[]> {
    const fresh = await this.events.read(range);
    const found: FoundAlert[] = [];
    for (const rule of this.rules) {
      const own = isCorrelation(rule) ? await this.around(rule, fresh, range.last) : fresh;
      found.push(...foundOf(rule, matchesOf(rule, own)));
    }
    return found
      .filter(({ match }) => match.place >= range.first)
      .toSorted((one, other) => one.match.place - other.match.place);
  }

  /** Reads the alerts of the rules of `found` that a new match may belong to. */
  async known(found: readonly FoundAlert[]): Promise<readonly KnownAlert[]> {
    const rules = new Map(found.map(({ rule: { rule } }) => [rule.name, rule]));
    const repeat = Math.max(...[...rules.values()].map(({ repeatAfterMs }) => repeatAfterMs));
    const since = Math.min(...found.map(({ match }) => match.at)) - repeat - CLOCKS_MS;
    const rows = await this.reader.eventRows({ scope: 'all' }, KNOWN, [firstIdAt(new Date(since)), [...rules.keys()]]);
    return rows.flatMap((row) => {
      const { tenantId = null, details } = eventFor({ scope: 'all' }, row);
      const { rule: name, group: values = {}, lastPlace, lastAt } = details as Readonly<Record<string, unknown>>;
      const rule = rules.get(String(name));
      // an application may have recorded an event that looks like an alert
      const group = rule && groupOf(rule, { tenantId, values: Object(values) as Match['values'] });
      if (group === undefined) return [];
      return [{ group, place: Number(lastPlace), at: Date.parse(String(lastAt)) }];
    });
  }

  /** Reads the matches around new matches that a correlation counts, in the groups of the new matches. */
  private async around(rule: LinkedCorrelation, fresh: readonly Match[], last: number): Promise<readonly Match[]> {
    const all = countedRules(rule).map((one) => [`${one.linked.rule.name} ${one.fields.join(', ')}`, one] as const);
    const counted = [...new Map(all).values()]; // two parts may count the same events
    const triggers = counted.flatMap(({ linked, fields }) =>
      fresh.flatMap(({ rule: name, at, values }) => {
        const texts = fields.flatMap((field) => values[field] ?? []);
        return name === linked.rule.name && texts.length === fields.length ? [{ at, texts }] : [];
      }),
    );
    const around = new Map<string, Match>();
    for (const { from, until, within } of spansOf(triggers, rule.rule.timespanMs + reachOf(rule))) {
      for (const { linked, fields } of counted) {
        const wanted = fields.map(
          (field, nth) => [field, [...new Set(within.flatMap(({ texts }) => texts[nth] ?? []))]] as const,
        );
        const matches = await this.events.around(linked, { from, until, last, wanted });
        for (const match of matches) around.set(`${match.place} ${match.rule}`, match);
      }
    }
    return [...around.values()];
  }
}

function foundOf(linked: LinkedRule, matches: readonly Match[]): readonly FoundAlert[] {
  const before = new Map<string, Match[]>();
  return matches.flatMap((match) => {
    const group = groupOf(linked.rule, match);
    if (group === undefined) return [];
    const earlier = before.get(group) ?? [];
    const isNear = ({ at }: Match): boolean =>
      isCorrelation(linked) && Math.abs(match.at - at) <= linked.rule.timespanMs;
    const isContinued = !isCorrelation(linked) || earlier.findLast(isNear) !== undefined;
    before.set(group, earlier);
    earlier.push(match);
    return [{ rule: linked, match, group, isContinued }];
  });
}

/** Groups times into spans, so that few queries read the surroundings of all, also if one of them is much older. */
function spansOf<Timed extends { readonly at: number }>(all: readonly Timed[], reachMs: number) {
  const spans: { from: number; until: number; within: Timed[] }[] = [];
  for (const one of all.toSorted((first, second) => first.at - second.at)) {
    const span = spans.at(-1);
    if (span && one.at - reachMs <= span.until) {
      span.until = one.at + reachMs;
      span.within.push(one);
    } else spans.push({ from: one.at - reachMs, until: one.at + reachMs, within: [one] });
  }
  return spans;
}

/** An alert that the ledger has. */
interface KnownAlert {
  /** Its rule, tenant and group, as {@link groupOf} returns them. */
  readonly group: string;
  readonly place: number;
  readonly at: number;
}

/** Selects the found alerts to record. A match that continues an attack belongs to the attack's alert, until `repeat-after`. */
export function selectNewAlerts(found: readonly FoundAlert[], known: readonly KnownAlert[]): readonly FoundAlert[] {
  const all = [...known];
  return found.filter(({ rule, match: { at, place }, group, isContinued }) => {
    const isKnown = all.some(
      (one) =>
        one.group === group &&
        (one.place === place || // an earlier run over the same events
          (isContinued && Math.abs(at - one.at) < rule.rule.repeatAfterMs)),
    );
    if (!isKnown) all.push({ group, place, at });
    return !isKnown;
  });
}
