import { EVENT_FIELDS, type LaidOutField, type StoredKind } from '../../sealing/event-layout.js';

/** A field of the sealed event, or of its personal part, with its position in a copied row. */
export interface CopiedField {
  /** The object of the sealed event that contains it; absent for a field of the event itself. */
  readonly group?: string;
  /** Its name in the sealed event, or its pointer in the personal part. */
  readonly name: string;
  readonly kind: StoredKind | 'bytes';
  readonly bit: number;
  readonly nth: number;
}

type NamedField = Omit<CopiedField, 'nth'> & { readonly column: string };

/** The field of a sealed event that stands for its personal part. */
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

/** The copied columns of `audit_event`, in their order. */
export const COPIED_COLUMNS: readonly string[] = [
  ...new Set([...[...SEALED, ...OWN].map(({ column }) => column), ...BESIDE]),
];

function withPlace({ column, ...field }: NamedField): CopiedField {
  return { ...field, nth: placeOf(column) };
}

/** The position of a column in a copied row. */
export function placeOf(column: string): number {
  return COPIED_COLUMNS.indexOf(column);
}

/** The fields of a sealed event in canonical order, so that it is written from its row in one pass. */
export const SEALED_FIELDS: readonly CopiedField[] = SEALED.map(withPlace);

/** The fields with a column of their own that are, or may be, personal, in the canonical order of the personal part. */
export const OWN_PERSONAL: readonly CopiedField[] = OWN.map(withPlace);

/** The expressions for {@link COPIED_COLUMNS}; addresses keep their mask, if they have one. */
export const COPIED_EXPRESSIONS = COPIED_COLUMNS.map((column) => (column === 'ip' ? 'abbrev(ip)' : column)).join(', ');

/** The PostgreSQL types whose binary format can be read here, by a column's kind. A `varchar` is copied like a `text`. */
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

/** Whether a column of this type has a binary format that can be read here. */
export function isTypeOf(column: string, type: number): boolean {
  return TYPES[KINDS.get(column) ?? 'bytes'].includes(type);
}
