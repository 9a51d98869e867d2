import { canonicalJson } from '../../../../base/json/canonical-json.js';
import { hashAct, type ActStatement } from '../../../keep/acts/act-note.js';
import {
  HOLD_COLUMNS,
  buildPlacementStatement,
  buildReleaseStatement,
  type HoldStatement,
} from '../../../keep/acts/hold-acts.js';
import { NO_FINDINGS, tableCheck } from '../check.js';
import { checkActs, type TrustedAct } from './check-acts.js';
import { CLOCK_TOLERANCE_MS } from '../../../store/ledger-clock.js';
import type { Finding } from '../finding.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';

const TABLE = 'audit_legal_hold';
const HOLDS = `SELECT ${HOLD_COLUMNS}, placed_act, released_act FROM ${TABLE} ORDER BY id`;

interface HoldTrust {
  readonly acts: ReadonlyMap<string, Pick<TrustedAct, 'statement' | 'eventId'>>;
  readonly nowMs: number;
}

/** Compares the legal holds with the acts. Each row must match the acts of the hold, and each act of a hold must have a row. */
export const checkHolds = tableCheck(NO_FINDINGS, async (tables, run) => {
  const request = { acts: (await run.of(checkActs)).acts, nowMs: run.log.nowMs };
  const rows = await tables.rows(HOLDS);
  return { findings: [...rows.flatMap((row) => findRowFindings(row, request)), ...findActFindings(rows, request)] };
});

/** Finds holds that differ from their acts. Ignores rows without an act, because such a row only keeps events for longer. */
export async function findChangedHolds(
  session: Pick<LedgerSession, 'rows'>,
  request: HoldTrust,
): Promise<readonly Finding[]> {
  const stated = new Set([...request.acts.values()].map(({ statement }) => statement.holdId));
  const rows = (await session.rows(HOLDS)).filter(({ id }) => stated.has(String(id)));
  return [...findActFindings(rows, request), ...rows.flatMap((row) => findRowFindings(row, request))];
}

function findRowFindings(row: LedgerRow, request: HoldTrust): readonly Finding[] {
  const hold = toHoldStatement(row);
  const { id, placedAt, releasedAt, releasedBy, releaseReason } = hold;
  const isActive = [releasedAt, releasedBy, releaseReason, row.released_act ?? undefined].every(
    (value) => value === undefined,
  );
  const wrong =
    checkHoldNote(row.placed_act, buildPlacementStatement(hold), placedAt, 'placed', request) ??
    (isActive
      ? undefined
      : checkHoldNote(row.released_act, buildReleaseStatement(hold), releasedAt ?? '', 'released', request));
  return wrong ? [{ kind: wrong.kind, table: TABLE, what: `${id}: ${wrong.what}` }] : [];
}

function findActFindings(rows: readonly LedgerRow[], { acts }: HoldTrust): readonly Finding[] {
  const holds = new Map(rows.map((row) => [String(row.id), toHoldStatement(row)] as const));
  const findings: Finding[] = [];
  for (const { statement, eventId } of acts.values()) {
    if (statement.act !== 'hold_placement' && statement.act !== 'hold_release') continue;
    const holdId = typeof statement.holdId === 'string' ? statement.holdId : '';
    const hold = holds.get(holdId);
    const at = { table: TABLE, eventId };
    if (!hold) {
      findings.push({
        ...at,
        kind: 'hold_missing',
        what: `${holdId}: an act placed this hold, but its row is missing`,
      });
    } else if (statement.act === 'hold_release' && hold.releasedAt === undefined) {
      const what = `${holdId}: an act released it, but its row is active`;
      findings.push({ ...at, kind: 'hold_altered', what });
    }
  }
  return findings;
}

function checkHoldNote(
  note: unknown,
  expected: ActStatement,
  time: string,
  done: string,
  { acts, nowMs }: HoldTrust,
): Pick<Finding, 'kind' | 'what'> | undefined {
  if (typeof note !== 'string') return { kind: 'hold_forged', what: `no signed act states that it was ${done}` };
  const act = acts.get(hashAct(note));
  if (!act) return { kind: 'hold_forged', what: `the act by which it was ${done} is not an act of the ledger` };
  if (canonicalJson(act.statement) !== canonicalJson(expected)) {
    return { kind: 'hold_altered', what: `its row differs from the act by which it was ${done}` };
  }
  if (!(Date.parse(time) <= nowMs + CLOCK_TOLERANCE_MS)) {
    return { kind: 'hold_forged', what: `the act by which it was ${done} has a time in the future` };
  }
  return undefined;
}

function toHoldStatement(row: LedgerRow): HoldStatement {
  const fields = Object.entries(row).filter(([, value]) => value !== null);
  return { placedAt: '', ...Object.fromEntries(fields) } as unknown as HoldStatement; // the columns have these names
}
