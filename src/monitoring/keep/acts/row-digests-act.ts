import { hash } from 'node:crypto';
import { canonicalJson } from '../../../audit/nest-free.js';
import type { StatementSigner } from '../../proof/log/notes/statement.js';
import { hasRoom } from '../../store/sessions/has-room.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { actText, ACT_EVENTS } from './act-note.js';
import { recordAct } from './store-act.js';

/** What `audit_row_retired` contains for one captured table: the number of rows, and one digest of all these rows. */
export interface KeptDigests {
  readonly schema: string;
  readonly table: string;
  readonly rows: number;
  readonly digest: string;
}

export interface StatedRowDigests {
  readonly retirementId: string;
  /** The tables in ascending order of schema and name. */
  readonly tables: readonly KeptDigests[];
  /** The digest of `tables` as they were before the retirement removed its first event. */
  readonly before: string;
}

const KEPT = `
  SELECT schema_name AS schema, table_name AS table, rows, digest FROM audit_row_retired_digests()
   ORDER BY schema_name COLLATE "C", table_name COLLATE "C"`;
const LAST = 'SELECT note FROM audit_act WHERE type = $1 ORDER BY number DESC LIMIT 1';

/** Reads the digests of the retired rows, one for each captured table. Rejects with the error of the PostgreSQL client. */
export async function readKeptDigests(session: LedgerQueries): Promise<readonly KeptDigests[]> {
  return (await hasRoom(session, 'row-changes')) ? keptDigestsOf(await session.rows(KEPT)) : [];
}

export function digestOfKept(tables: readonly KeptDigests[]): string {
  return hash('sha256', canonicalJson(tables), 'hex');
}

/**
 * Stores the digests of retired rows in an act, in the transaction that removed the events of these rows. Does nothing if the last act
 * states the same digests. Call `lockActs` first. Rejects with the error of the PostgreSQL client.
 *
 * @param before the hash of the digests before the retirement removed its first event
 */
export async function sealRowDigests(
  session: LedgerQueries,
  signer: StatementSigner,
  { retirementId, before }: Omit<StatedRowDigests, 'tables'>,
): Promise<void> {
  const tables = await readKeptDigests(session);
  const [last] = await session.rows(LAST, [ACT_EVENTS.row_digests.type]);
  const wasSealed = digestOfKept((last && rowDigestsOf(String(last.note))?.tables) ?? []);
  if (before === wasSealed && digestOfKept(tables) === wasSealed) return;
  const statement = {
    act: 'row_digests',
    retirementId,
    tables: tables.map((table) => ({ ...table })),
    before,
  } as const;
  await recordAct(session, { statement, signer, actor: { type: 'system', id: 'retention' } });
}

/** Returns the digests that the note of an act states, without checking its signatures; `undefined` for an act of another kind. */
export function rowDigestsOf(note: string): StatedRowDigests | undefined {
  const { act, retirementId, tables, before } = actText(note) as Readonly<Record<string, unknown>>;
  if (act !== 'row_digests' || !Array.isArray(tables)) return undefined;
  return { retirementId: String(retirementId), tables: keptDigestsOf(tables), before: String(before) };
}

function keptDigestsOf(rows: readonly Readonly<Record<string, unknown>>[]): readonly KeptDigests[] {
  return rows.map(({ schema, table, rows: count, digest }) => ({
    schema: String(schema),
    table: String(table),
    rows: Number(count),
    digest: String(digest),
  }));
}
