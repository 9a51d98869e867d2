import { found, type ReportCheck } from '../check.js';
import { conditionOf, type Selection } from '../selection.js';
import type { ReportSubject } from '../report-subject.js';
import { canaryIn } from '../read-groups.js';
import type { CheckResult } from '../report.js';

export interface PopulationCheck extends Pick<ReportCheck, 'id' | 'title' | 'proves' | 'doesNotProve'> {
  readonly selection: Selection;
  /** The kinds of events that must all occur, by name. Default: any event is enough. */
  readonly needs?: Readonly<Record<string, Selection>>;
}

/**
 * Makes a check that counts events. It never passes: a count shows that some events were recorded, not that all were, or that a procedure
 * was followed. Without any event or canary, the verdict is `no-evidence`. A canary shows that such an event would be recorded. If some
 * kinds are missing, the verdict is `partial`.
 */
export function population({ needs = {}, selection, ...check }: PopulationCheck): ReportCheck {
  return {
    ...check,
    kind: 'population',
    selection,
    query: (subject) => {
      const kinds = Object.entries(needs).map(([name, need]) => [
        name,
        `NOT ${canaryIn(subject.facts)} AND ${conditionOf(need)}`,
      ]);
      const figures = Object.fromEntries(kinds) as Record<string, string>; // pairs of texts
      return queryOf(selection, subject, { canaries: canaryIn(subject.facts), ...figures });
    },
    look: (subject) => look(subject, selection, needs),
  };
}

/** Returns the statement that counts the events of a selection, also those that meet each condition. */
export function queryOf(
  selection: Selection,
  { scope, facts }: ReportSubject,
  figures: Readonly<Record<string, string>>,
): string {
  const counts = Object.entries({ events: `NOT ${canaryIn(facts)}`, ...figures }).map(
    ([name, condition]) => `count(*) FILTER (WHERE ${condition}) AS "${name}"`,
  );
  return `SELECT ${counts.join(',\n       ')}
  FROM audit_event JOIN audit_leaf ON event_id = id
 WHERE index < ${scope.size} AND id >= audit_event_first_id('${scope.from}') AND id < audit_event_first_id('${scope.to}')
   AND ${conditionOf(selection)}`;
}

function look(subject: ReportSubject, selection: Selection, needs: Readonly<Record<string, Selection>>): CheckResult {
  const events = subject.count(selection);
  const canaries = subject.sum(selection, (group) => group.canaries);
  const kinds = Object.entries(needs).map(([name, need]) => {
    const both: Selection = { anyOf: [selection], ...need };
    return { name, events: subject.count(both), canaries: subject.sum(both, (group) => group.canaries) };
  });
  const missing = kinds.filter((kind) => kind.events + kind.canaries === 0).map(({ name }) => name);
  const figures = { events, canaries, ...Object.fromEntries(kinds.map((kind) => [kind.name, kind.events])) };
  if (events + canaries === 0) {
    return found('no-evidence', 'The ledger has no such event in the time range, and no canary of one.', figures);
  }
  if (missing.length > 0) {
    return found('partial', `The ledger has such events, but none of: ${missing.join(', ')}.`, figures);
  }
  return events === 0
    ? found('evidence', 'Canaries show that such events reach the ledger. Nothing else of the kind is in it.', figures)
    : found('evidence', `The ledger has ${events} such events in the time range.`, figures);
}
