import type { AuditEvent } from '../../audit/nest-free.js';
import { canonicalJson } from '../../base/json/canonical-json.js';
import { EVENT_FIELDS, type LayoutField, type StoredKind, PERSONAL_FIELDS } from '../proof/sealing/event-layout.js';
import type { SealedRow } from './seal-row.js';

/** A column of `audit_event`: its name, its type in an array parameter, and its value in a sealed event. */
export interface EventColumn {
  readonly name: string;
  readonly arrayType: 'uuid' | 'timestamptz' | 'text' | 'smallint' | 'inet' | 'float8' | 'boolean' | 'bytea';
  /** Whether the column is JSON. Its values are passed as text, because arrays of JSON are ambiguous. */
  readonly isJson?: true;
  /**
   * The column's default. If all rows of a batch have this default, the array parameter of the column is empty. Without `orElse`, the
   * default is null.
   */
  readonly orElse?: boolean;
  readonly getValue: (row: SealedRow) => string | number | boolean | null;
}

/** The columns that contain the results of sealing. These columns follow the columns of the event's fields. */
export const SEAL_COLUMNS: readonly EventColumn[] = [
  { name: 'personal_columns', arrayType: 'smallint', getValue: ({ personalColumns }) => personalColumns ?? null },
  { name: 'personal', arrayType: 'text', isJson: true, getValue: ({ personal }) => personal ?? null },
  { name: 'personal_salt', arrayType: 'bytea', getValue: ({ salt }) => bytes(salt) },
  { name: 'personal_commitment', arrayType: 'bytea', getValue: ({ commitment }) => bytes(commitment) },
  { name: 'leaf_hash', arrayType: 'bytea', getValue: ({ leafHash }) => bytes(leafHash) },
];

const ARRAY_TYPES = {
  uuid: 'uuid',
  time: 'timestamptz',
  text: 'text',
  smallint: 'smallint',
  double: 'float8',
  flag: 'boolean',
  inet: 'inet',
  json: 'text',
} as const satisfies Readonly<Record<StoredKind, EventColumn['arrayType']>>;

function toEventColumn(field: LayoutField): EventColumn {
  const { column, kind } = field;
  const getValue = createReader(field);
  const arrayType = ARRAY_TYPES[kind];
  if (kind === 'json') return { name: column, arrayType, isJson: true, getValue };
  if (kind !== 'flag') return { name: column, arrayType, getValue };
  return { name: column, arrayType, orElse: false, getValue: (row) => getValue(row) ?? false };
}

type Scalar = string | number | boolean;

function createReader({ group, name, kind }: LayoutField): EventColumn['getValue'] {
  const isJson = kind === 'json';
  if (group === undefined) {
    if (isJson) return ({ json }) => json[name] ?? null;
    return ({ event }) => (event[name as keyof AuditEvent] as Scalar | undefined) ?? null; // the field is not JSON
  }
  return ({ event }) => {
    const value = (event[group as keyof AuditEvent] as Readonly<Record<string, unknown>> | undefined)?.[name];
    if (value === undefined) return null;
    return isJson ? canonicalJson(value) : (value as Scalar); // the field is not JSON
  };
}

/** PostgreSQL reads the form `\x…` both in an array and in JSON. */
function bytes(hex: string | undefined): string | null {
  return hex === undefined ? null : `\\x${hex}`;
}

export const EVENT_COLUMNS: readonly EventColumn[] = [...EVENT_FIELDS.map(toEventColumn), ...SEAL_COLUMNS];

const OWN_COLUMNS = PERSONAL_FIELDS.map(({ column: name, pointer, bit }) => ({ name, pointer, bit }));

export const PERSONAL_COLUMNS = OWN_COLUMNS.filter(({ bit }) => bit === 0);

/** The columns that are personal only in some events, in the order of their bits. */
export const CLASSIFIED_COLUMNS = OWN_COLUMNS.filter(({ bit }) => bit !== 0).toSorted(
  (one, other) => one.bit - other.bit,
);

/**
 * Returns a SQL expression for a column's value: null if the value is personal.
 *
 * @param row the prefix of each column, with a dot
 */
export function buildFactColumn(name: string, row = ''): string {
  const bit = CLASSIFIED_COLUMNS.find((classified) => classified.name === name)?.bit;
  return bit === undefined ? name : `CASE WHEN coalesce(${row}personal_columns, 0) & ${bit} = 0 THEN ${row}${name} END`;
}
