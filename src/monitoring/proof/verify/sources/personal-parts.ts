import type { Finding } from '../finding.js';
import type { LeafState } from './quick-check.js';
import type { LeafSpan } from './log-source.js';
import { IS_INDEX } from '../read-heads.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { isPersonalLine, type ArchiveLine } from '../../../keep/archive/archive-line.js';

const LISTED = `
  SELECT DISTINCT ON (leaf.index) leaf.index::bigint AS index, leaf.event_id, erased.act
    FROM audit_leaf leaf JOIN audit_erased erased ON erased.event_id = leaf.event_id
   WHERE leaf.index >= $1 AND leaf.index < $2 AND ${IS_INDEX} AND erased.act = ANY ($3::bigint[])
   ORDER BY leaf.index, erased.act`;
const EVENT_IDS = 'SELECT index::bigint AS index, event_id FROM audit_leaf WHERE index = ANY ($1::bigint[])';

/**
 * Compares the personal parts of some leaves with the acts of erasures. Reports parts that were erased without an act, and parts that exist
 * although an act erased them.
 *
 * @param states the states of the leaves' events, from index `from` on
 * @param acts the numbers of the accepted acts
 */
export async function checkPersonalParts(
  snapshot: LedgerSession,
  { from, to }: LeafSpan,
  states: readonly LeafState[],
  acts: readonly number[],
): Promise<readonly Finding[]> {
  const rows = acts.length === 0 ? [] : await snapshot.rows(LISTED, [from, to, acts], 'verify_erasures');
  const listed = new Set(rows.map(({ index }) => Number(index)));
  const undone = rows.filter(({ index }) => states[Number(index) - from] === 'whole');
  const unsigned = states.flatMap((state, nth) => (state === 'erased' && !listed.has(from + nth) ? [from + nth] : []));
  const unsignedEvents = unsigned.length === 0 ? [] : await snapshot.rows(EVENT_IDS, [unsigned]);
  return [
    ...undone.map((row) =>
      toFinding(
        row,
        'erasure_undone',
        `act ${Number(row.act)} erased its personal part, but the event has a personal part`,
      ),
    ),
    ...unsignedEvents.map((row) => toFinding(row, 'erasure_forged', UNSIGNED)),
  ];
}

const UNSIGNED = 'its personal part is missing, but no signed act erased it';

function toFinding(row: Readonly<Record<string, unknown>>, kind: Finding['kind'], what: string): Finding {
  return { kind, table: 'audit_event', index: Number(row.index), eventId: String(row.event_id), what };
}

const PAGE = 1_000;
const MAX_FINDINGS = 1_000;

const ERASED = `
  SELECT event_id, (min(act) FILTER (WHERE act = ANY ($3::bigint[])))::text AS act FROM audit_erased
   WHERE event_id = ANY ($1::uuid[]) AND act = ANY ($2::bigint[]) GROUP BY event_id`;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The numbers of the accepted acts that erased events. */
export interface ErasingActs {
  readonly trusted: readonly number[];
  /** The trusted acts of ended erasures. An open erasure signs its acts before it rewrites the archives. */
  readonly ended: readonly number[];
}

/**
 * Compares, in pages, the personal parts of an archive with the acts of erasures. Reports parts that are missing without an act, and parts
 * that exist although an act erased them.
 */
export class ArchivedErasures {
  private readonly found: Finding[] = [];
  private page = new Map<string, { readonly index: number; readonly isComplete: boolean }>();

  constructor(
    private readonly snapshot: LedgerSession,
    private readonly acts: ErasingActs,
    private readonly path: string,
  ) {}

  /** Adds the archive's next line. Another check compares the line with the log. Rejects with the error of the PostgreSQL client. */
  async add(line: ArchiveLine): Promise<void> {
    if (line.sealed.personal === undefined || !UUID.test(line.sealed.id)) return;
    this.page.set(line.sealed.id, { index: line.index, isComplete: isPersonalLine(line) });
    if (this.page.size === PAGE) await this.check();
  }

  /** Returns at most 1,000 findings. */
  async findings(): Promise<readonly Finding[]> {
    if (this.page.size > 0) await this.check();
    return this.found;
  }

  private async check(): Promise<void> {
    const { page, found, path: table } = this;
    const { trusted, ended } = this.acts;
    this.page = new Map();
    const rows = await this.snapshot.rows(ERASED, [[...page.keys()], trusted, ended], 'verify_archived_erasures');
    const acts = new Map(rows.map(({ event_id: id, act }) => [String(id), act]));
    for (const [eventId, { index, isComplete }] of page) {
      if (found.length === MAX_FINDINGS) return;
      const act = acts.get(eventId); // null if only acts of open erasures erased the event
      if (isComplete && typeof act === 'string')
        found.push({ kind: 'erasure_undone', table, index, eventId, what: `act ${act} ${RESTORED_IN_ARCHIVE}` });
      if (!isComplete && act === undefined)
        found.push({ kind: 'erasure_forged', table, index, eventId, what: MISSING_IN_ARCHIVE });
    }
  }
}

const MISSING_IN_ARCHIVE = 'its personal part is missing in the archive, but no signed act erased it';
const RESTORED_IN_ARCHIVE = 'erased its personal part, but the archive has a personal part';
