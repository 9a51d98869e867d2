import { EVENT_FIELDS, type LaidOutField, type StoredKind } from '../../sealing/event-layout.js';

/** A field of the sealed event, or of its personal part, and where it is in a copied row. */
export interface CopiedField {
  /** The object of the sealed event that it is in; absent for a field of the event itself. */
  readonly group?: string;
  /** In the sealed event its name, in the personal part its pointer. */
  readonly name: string;
  readonly kind: StoredKind | 'bytes';
  readonly bit: number;
  readonly nth: number;
}

type NamedField = Omit<CopiedField, 'nth'> & { readonly column: string };

/** What stands in a sealed event for its personal part. */
const COMMITMENT: NamedField = { name: 'personal', column: 'personal_commitment', kind: 'bytes', bit: 0 };

function factOf({ group, name, kind, bit, column }: LaidOutField): NamedField {
  return { ...(group === undefined ? {} : { group }), name, kind, bit, column };
}

function orderOf({ group, name }: NamedField): string {
  return group === undefined ? name : `${group}\0${name}`;
}

const SEALED: readonly NamedField[] = [
  ...EVENT_FIELDS.filter(({ personal }) => personal !== 'always').map(factOf),
  COMMITMENT,
].toSorted((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));

const OWN: readonly NamedField[] = EVENT_FIELDS.filter(({ personal, bit }) => personal === 'always' || bit !== 0)
  .map(({ pointer, kind, bit, column }) => ({ name: pointer, kind, bit, column }))
  .toSorted((one, other) => (one.name < other.name ? -1 : 1));

const BESIDE = ['leaf_hash', 'personal_salt', 'personal', 'personal_columns'];

/** The columns of `audit_event` that are copied, in their order. */
export const COPIED_COLUMNS: readonly string[] = [
  ...new Set([...[...SEALED, ...OWN].map(({ column }) => column), ...BESIDE]),
];

function withPlace({ column, ...field }: NamedField): CopiedField {
  return { ...field, nth: placeOf(column) };
}

/** Where a column is in a copied row. */
export function placeOf(column: string): number {
  return COPIED_COLUMNS.indexOf(column);
}

/** The fields of a sealed event in the order of canonical JSON, so that it is written from its row in one pass. */
export const SEALED_FIELDS: readonly CopiedField[] = SEALED.map(withPlace);

/** The fields that are, or may be, personal and have a column of their own; in the order of the personal part's canonical JSON. */
export const OWN_PERSONAL: readonly CopiedField[] = OWN.map(withPlace);

/** What a statement selects for {@link COPIED_COLUMNS}: an address with its mask, where it has one. */
export const COPIED_EXPRESSIONS = COPIED_COLUMNS.map((column) => (column === 'ip' ? 'abbrev(ip)' : column)).join(', ');

/** The types of PostgreSQL whose binary format is read, by a column's kind. A `varchar` is copied as a `text` is. */
const TYPES: Readonly<Record<StoredKind | 'bytes', readonly number[]>> = {
  uuid: [2950],
  time: [1184],
  text: [25, 1043],
  smallint: [21],
  double: [701],
  flag: [16],
  inet: [869],
  json: [114],
  bytes: [17],
};

const KINDS: ReadonlyMap<string, StoredKind | 'bytes'> = new Map<string, StoredKind | 'bytes'>([
  ...EVENT_FIELDS.map(({ column, kind }) => [column, kind] as const),
  ['personal_columns', 'smallint'],
  ['personal', 'json'],
]);

/** Whether a column of this type is copied in the form that is read here. */
export function isTypeOf(column: string, type: number): boolean {
  return TYPES[KINDS.get(column) ?? 'bytes'].includes(type);
}
