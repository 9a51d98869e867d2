import type { Finding } from './finding.js';
import { IS_PLACE } from './read-heads.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';

const LISTED = `
  SELECT DISTINCT ON (leaf.index) leaf.index::bigint AS index, leaf.event_id, erased.act
    FROM audit_leaf leaf JOIN audit_erased erased ON erased.event_id = leaf.event_id
   WHERE leaf.index >= $1 AND leaf.index < $2 AND ${IS_PLACE} AND erased.act = ANY ($3::bigint[])
   ORDER BY leaf.index, erased.act`;
const EVENT_IDS = 'SELECT index::bigint AS index, event_id FROM audit_leaf WHERE index = ANY ($1::bigint[])';

/** Tracks which events of some places have their personal part, and which had it erased. */
export class PersonalParts {
  private readonly whole: Uint8Array;
  private readonly erasedPlaces: number[] = [];

  constructor(
    private readonly from: number,
    private readonly to: number,
  ) {
    this.whole = new Uint8Array(to - from);
  }

  /** The number of events whose personal part was erased. */
  get erased(): number {
    return this.erasedPlaces.length;
  }

  noteErased(index: number): void {
    this.erasedPlaces.push(index);
  }

  /** Notes an event with its whole personal part, or without one from the start. */
  noteWhole(index: number): void {
    this.whole[index - this.from] = 1;
  }

  /**
   * Compares them with the acts of erasures: it reports parts that were erased without an act, or are there in spite of one. Rejects with
   * the client's error.
   *
   * @param acts the numbers of the accepted acts
   */
  async check(snapshot: LedgerSession, acts: readonly number[]): Promise<readonly Finding[]> {
    const { from, to } = this;
    const rows = acts.length === 0 ? [] : await snapshot.rows(LISTED, [from, to, acts], 'verify_erasures');
    const listed = new Set(rows.map(({ index }) => Number(index)));
    const undone = rows.filter(({ index }) => this.whole[Number(index) - from] === 1);
    const unsigned = this.erasedPlaces.filter((index) => !listed.has(index));
    const unsignedEvents = unsigned.length === 0 ? [] : await snapshot.rows(EVENT_IDS, [unsigned]);
    return [
      ...undone.map((row) =>
        findingOf(row, 'erasure_undone', `act ${Number(row.act)} erased its personal part, and it has one`),
      ),
      ...unsignedEvents.map((row) => findingOf(row, 'erasure_forged', UNSIGNED)),
    ];
  }
}

const UNSIGNED = 'its personal part is gone, and no signed act erased it';

function findingOf(row: Readonly<Record<string, unknown>>, kind: Finding['kind'], what: string): Finding {
  return { kind, table: 'audit_event', index: Number(row.index), eventId: String(row.event_id), what };
}
