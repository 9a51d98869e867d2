import { actText } from '../../../monitoring/keep/acts/act-note.js';
import { ACT_EVENTS } from '../../../monitoring/keep/acts/act-types.js';
import {
  digestOfKept,
  readKeptDigests,
  rowDigestsOf,
  type KeptDigests,
  type StatedRowDigests,
} from '../../../monitoring/keep/acts/row-digests-act.js';
import type { LedgerQueries } from '../../../monitoring/store/sessions/ledger-session.js';
import { nameOf } from '../captured-table.js';

const ACTS = 'SELECT note FROM audit_act WHERE type = $1 ORDER BY number';
const UNDER_WAY = `SELECT id FROM audit_retirement WHERE state = 'announced' AND retired_through > -1`;

/** The result of comparing the row digests of retired events with the acts that seal these digests. */
export interface CheckedRetired {
  /** The tables whose digests were altered, as `schema.table`. */
  readonly altered: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Compares the row digests that retention stored with the acts that seal these digests. Checks, too, that each retirement began with the
 * digests in the previous act. The acts are trusted, because `verify` checks them. Rejects with the error of the PostgreSQL client.
 */
export async function checkRetired(snapshot: LedgerQueries): Promise<CheckedRetired> {
  const stated = (await snapshot.rows(ACTS, [ACT_EVENTS.row_digests.type])).flatMap(
    ({ note }) => rowDigestsOf(String(note)) ?? [],
  );
  const replaced = stated.flatMap(({ before }, nth) => {
    const last = stated[nth - 1]?.tables ?? [];
    return before === digestOfKept(last) ? [] : namesOf([...last, ...(stated[nth]?.tables ?? [])]);
  });
  if (await isUnderWay(snapshot, stated)) return { altered: unique(replaced), notes: [RETIRING] };
  const sealed = stated.at(-1)?.tables ?? [];
  const now = await readKeptDigests(snapshot);
  return { altered: unique([...replaced, ...namesOf(differing(sealed, now))]), notes: [] };
}

/** Returns whether a retirement is removing events now; a retirement that no act announced does not count. */
async function isUnderWay(snapshot: LedgerQueries, stated: readonly StatedRowDigests[]): Promise<boolean> {
  const rows = await snapshot.rows(UNDER_WAY);
  if (rows.length === 0) return false;
  const announced = (await snapshot.rows(ACTS, [ACT_EVENTS.retirement.type])).map(({ note }) => actText(String(note)));
  return rows.some(
    ({ id }) =>
      announced.some(({ retirementId }) => retirementId === id) &&
      !stated.some(({ retirementId }) => retirementId === id),
  );
}

const RETIRING = 'A retirement removes events now, and seals its row digests when it ends. Reconcile again after that.';

function differing(sealed: readonly KeptDigests[], now: readonly KeptDigests[]): readonly KeptDigests[] {
  const isIn = (list: readonly KeptDigests[], one: KeptDigests): boolean =>
    list.some((other) => digestOfKept([other]) === digestOfKept([one]));
  return [...sealed.filter((one) => !isIn(now, one)), ...now.filter((one) => !isIn(sealed, one))];
}

function namesOf(tables: readonly KeptDigests[]): readonly string[] {
  return tables.map(({ schema, table }) => nameOf({ schema, name: table }));
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}
