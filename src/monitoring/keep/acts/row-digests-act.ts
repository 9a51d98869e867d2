import { hash } from 'node:crypto';
import { canonicalJson } from '../../../audit/nest-free.js';
import type { StatementSigner } from '../../proof/log/notes/statement.js';
import { hasExtension } from '../../store/sessions/has-extension.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { parseActText, ACT_EVENTS } from './act-note.js';
import { recordAct } from './store-act.js';

/** What `audit_row_retired` contains for one captured table: the number of rows, and one digest of all these rows. */
export interface TableDigests {
  readonly schema: string;
  readonly table: string;
  readonly rows: number;
  readonly digest: string;
}

export interface RowDigestsStatement {
  readonly retirementId: string;
  /** The tables in ascending order of schema and name. */
  readonly tables: readonly TableDigests[];
  /** The digest of `tables` as they were before the retirement removed its first event. */
  readonly before: string;
}

const SELECT_DIGESTS = `
  SELECT schema_name AS schema, table_name AS table, rows, digest FROM audit_row_retired_digests()
   ORDER BY schema_name COLLATE "C", table_name COLLATE "C"`;
const LAST = 'SELECT note FROM audit_act WHERE type = $1 ORDER BY number DESC LIMIT 1';

/** Reads the digests of the retired rows, one for each captured table. Rejects with the error of the PostgreSQL client. */
export async function readTableDigests(session: LedgerQueries): Promise<readonly TableDigests[]> {
  return (await hasExtension(session, 'row-changes')) ? toTableDigests(await session.rows(SELECT_DIGESTS)) : [];
}

export function digestTableDigests(tables: readonly TableDigests[]): string {
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
  { retirementId, before }: Omit<RowDigestsStatement, 'tables'>,
): Promise<void> {
  const tables = await readTableDigests(session);
  const [last] = await session.rows(LAST, [ACT_EVENTS.row_digests.type]);
  const wasSealed = digestTableDigests((last && parseRowDigests(String(last.note))?.tables) ?? []);
  if (before === wasSealed && digestTableDigests(tables) === wasSealed) return;
  const statement = {
    act: 'row_digests',
    retirementId,
    tables: tables.map((table) => ({ ...table })),
    before,
  } as const;
  await recordAct(session, { statement, signer, actor: { type: 'system', id: 'retention' } });
}

/** Returns the digests that the note of an act states, without checking its signatures; `undefined` for an act of another kind. */
export function parseRowDigests(note: string): RowDigestsStatement | undefined {
  const { act, retirementId, tables, before } = parseActText(note) as Readonly<Record<string, unknown>>;
  if (act !== 'row_digests' || !Array.isArray(tables)) return undefined;
  return { retirementId: String(retirementId), tables: toTableDigests(tables), before: String(before) };
}

function toTableDigests(rows: readonly Readonly<Record<string, unknown>>[]): readonly TableDigests[] {
  return rows.map(({ schema, table, rows: count, digest }) => ({
    schema: String(schema),
    table: String(table),
    rows: Number(count),
    digest: String(digest),
  }));
}
