import type { CheckedActs, TrustedAct } from './check-acts.js';
import type { Finding } from './finding.js';
import type { LedgerSession } from '../store/ledger-session.js';

const TABLE = 'audit_erased';

const LISTS = `
  SELECT act, count(*),
         encode(sha256(convert_to(string_agg(event_id::text || E'\\n', '' ORDER BY event_id), 'UTF8')), 'hex')
    FROM ${TABLE} GROUP BY act ORDER BY act`;

/** What comes of the erasures of a ledger. */
export interface CheckedErasures {
  /** The numbers of the acts whose events are those that they state. */
  readonly trusted: readonly number[];
  readonly findings: readonly Finding[];
}

/**
 * Holds the table of erased events against the acts of erasures, both ways: each act has the events that it states, and each event
 * has an act. What is not as it should be excuses nothing. Rejects with the client's error.
 */
export async function checkErasures(snapshot: LedgerSession, acts: CheckedActs['acts']): Promise<CheckedErasures> {
  const open = new Map<number, TrustedAct>();
  for (const act of acts.values()) if (act.statement.act === 'erasure') open.set(act.number, act);
  const trusted: number[] = [];
  const findings: Finding[] = [];
  await snapshot.eachText(LISTS, [], 'verify_erased', ([number, events, digest]) => {
    const act = open.get(Number(number));
    open.delete(Number(number));
    if (!act) {
      const what = `act ${String(number)}: events are said to be erased by it, but that is not a signed act of an erasure`;
      findings.push({ kind: 'erasure_forged', table: TABLE, what });
    } else if (act.statement.events === Number(events) && act.statement.eventsDigest === digest) {
      trusted.push(act.number);
    } else {
      findings.push(alteredOf(act, 'other events are said to be erased by it than it states'));
    }
  });
  for (const act of open.values()) findings.push(alteredOf(act, 'the events that it erased are listed no more'));
  return { trusted, findings };
}

function alteredOf({ number, eventId }: TrustedAct, what: string): Finding {
  return { kind: 'erasure_altered', table: TABLE, eventId, what: `act ${number}: ${what}` };
}
