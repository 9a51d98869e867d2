import { tableCheck, type CheckResult } from '../check.js';
import { checkActs, type TrustedAct } from './check-acts.js';
import type { Finding } from '../finding.js';

const TABLE = 'audit_erased';

const LISTS = `
  SELECT act, count(*),
         encode(sha256(convert_to(string_agg(event_id::text || E'\\n', '' ORDER BY event_id), 'UTF8')), 'hex')
    FROM ${TABLE} GROUP BY act ORDER BY act`;

interface CheckedErasures extends CheckResult {
  /** The numbers of those acts whose listed events match the act's statement. */
  readonly trusted: readonly number[];
}

/**
 * Compares the table of erased events with the acts of erasures. Each act must have exactly the events that it states, and each event must
 * have an act. Rows that fail this check do not explain a missing personal part.
 */
export const checkErasures = tableCheck<CheckedErasures>({ trusted: [] }, async (tables, run) => {
  const { acts } = await run.of(checkActs);
  const open = new Map<number, TrustedAct>();
  for (const act of acts.values()) if (act.statement.act === 'erasure') open.set(act.number, act);
  const trusted: number[] = [];
  const findings: Finding[] = [];
  await tables.eachText(LISTS, [], 'verify_erased', ([number, events, digest]) => {
    const act = open.get(Number(number));
    open.delete(Number(number));
    if (!act) {
      const what = `act ${String(number)}: the list of erased events names this act, but it is not a signed act of an erasure`;
      findings.push({ kind: 'erasure_forged', table: TABLE, what });
    } else if (act.statement.events === Number(events) && act.statement.eventsDigest === digest) {
      trusted.push(act.number);
    } else {
      findings.push(toAlteredFinding(act, 'the listed events differ from the events that it states'));
    }
  });
  for (const act of open.values()) findings.push(toAlteredFinding(act, 'the events that it erased are not listed'));
  return { trusted, findings };
});

function toAlteredFinding({ number, eventId }: TrustedAct, what: string): Finding {
  return { kind: 'erasure_altered', table: TABLE, eventId, what: `act ${number}: ${what}` };
}
