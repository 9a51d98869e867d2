import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../audit/plain.js';
import type { ActStatement } from './act-note.js';

/** The type of the event that seals the last digests of rows whose events retention removed. */
export const ROW_DIGESTS_TYPE = 'audit_row_digests_kept';

const ROW_DIGESTS_ACT = 'row_digests';

/** What `audit_row_retired` holds for a captured table: the number of rows, and one digest of them all. */
export interface KeptDigests {
  readonly schema: string;
  readonly table: string;
  readonly rows: number;
  readonly digest: string;
}

/** What the act of kept digests states. */
export interface StatedRowDigests {
  readonly retirementId: string;
  /** Ascending by schema and table. */
  readonly tables: readonly KeptDigests[];
  /** The digest of the tables before the retirement removed its first event. */
  readonly before: string;
}

/** Reads the digests that are kept now, for {@link keptDigestsOf}. */
export const KEPT_DIGESTS = 'SELECT schema_name, table_name, rows, digest FROM audit_row_retired_digests()';

/** The rows of {@link KEPT_DIGESTS}, ascending by schema and table. */
export function keptDigestsOf(rows: readonly Readonly<Record<string, unknown>>[]): readonly KeptDigests[] {
  const nameOf = ({ schema, table }: KeptDigests): string => JSON.stringify([schema, table]);
  return rows
    .map(({ schema_name, table_name, rows: count, digest }) => ({
      schema: String(schema_name),
      table: String(table_name),
      rows: Number(count),
      digest: String(digest),
    }))
    .toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}

/** The SHA-256 of the canonical JSON of the kept digests, in hexadecimal. */
export function digestOfKept(tables: readonly KeptDigests[]): string {
  return createHash('sha256')
    .update(canonicalJson(tables.map((table) => ({ ...table }))))
    .digest('hex');
}

/** What the act of kept digests states. */
export function statementOfRowDigests({ retirementId, tables, before }: StatedRowDigests): ActStatement {
  return { retirementId, tables: tables.map((table) => ({ ...table })), before, act: ROW_DIGESTS_ACT };
}

/** The kept digests that an act states; `undefined` for an act of another kind. */
export function rowDigestsOf(statement: Readonly<Record<string, unknown>>): StatedRowDigests | undefined {
  const { act, retirementId, tables, before } = statement;
  if (act !== ROW_DIGESTS_ACT || !Array.isArray(tables)) return undefined;
  const list = tables as readonly Readonly<Record<string, unknown>>[]; // as statementOfRowDigests() wrote it
  return {
    retirementId: String(retirementId),
    tables: list.map(({ schema, table, rows, digest }) => ({
      schema: String(schema),
      table: String(table),
      rows: Number(rows),
      digest: String(digest),
    })),
    before: String(before),
  };
}
