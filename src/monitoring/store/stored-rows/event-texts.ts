import { hash } from 'node:crypto';
import { canonicalJson, canonicalText } from '../../../base/json/canonical-json.js';
import { EVENT_FIELDS, PERSONAL_FIELDS, type LayoutField, type StoredKind } from '../../proof/sealing/event-layout.js';
import { checkEntryLength, commitText, SALT_BYTES } from '../../proof/sealing/seal-event.js';

/** The texts of a row's columns, as the server writes them in a session of the ledger, in the order of {@link TEXT_COLUMNS}. */
export type TextRow = readonly (string | null)[];

const COLUMNS = [
  ...EVENT_FIELDS.map(({ column }) => column),
  ...['personal', 'personal_salt', 'personal_commitment', 'personal_columns', 'leaf_hash'],
];

/** The columns of `audit_event` from which leaves and commitments are computed, and `leaf_hash`. */
export const TEXT_COLUMNS = COLUMNS.join(', ');

export const JSON_COLUMNS = [
  'personal',
  ...EVENT_FIELDS.filter(({ kind }) => kind === 'json').map(({ column }) => column),
];

export const getColumnPosition = (column: string): number => COLUMNS.indexOf(column);

const [REST, SALT, COMMITMENT, BITS, LEAF_HASH] = COLUMNS.slice(EVENT_FIELDS.length).map(getColumnPosition) as [
  ...[number, number, number, number, number], // a position for each of the five columns
];

interface TextField {
  /** The object of the sealed event that contains the field; absent for a field of the event itself. */
  readonly group?: string | undefined;
  /** The field's name in JSON: `"name":` */
  readonly label: string;
  readonly kind: StoredKind | 'bytes';
  readonly bit: number;
  readonly nth: number;
}

type Named = Pick<LayoutField, 'group' | 'name' | 'bit' | 'column'> & Pick<TextField, 'kind'>;

function sortFields(fields: readonly Named[]): readonly TextField[] {
  const toKey = ({ group, name }: Named): string => (group === undefined ? name : `${group}\0${name}`);
  return fields
    .toSorted((one, other) => (toKey(one) < toKey(other) ? -1 : 1))
    .map(({ group, name, kind, bit, column }) => ({
      group,
      label: `${canonicalText(name)}:`,
      kind,
      bit,
      nth: getColumnPosition(column),
    }));
}

const FACTS = sortFields([
  ...EVENT_FIELDS.filter(({ personal }) => personal !== 'always'),
  { name: 'personal', column: 'personal_commitment', kind: 'bytes', bit: 0 },
]);

const RELATED = '/related/';
const OWN = PERSONAL_FIELDS.map(({ pointer: name, kind, bit, column }) => ({ name, kind, bit, column }));
const OWN_BEFORE = sortFields(OWN.filter(({ name }) => name < '/changes'));
const OWN_BETWEEN = sortFields(OWN.filter(({ name }) => name > '/metadata/' && name < RELATED));
const OWN_AFTER = sortFields(OWN.filter(({ name }) => name > RELATED));

/** The result equals the hash of `encodeEntry` only if the ledger's writer stored the row. */
function computeTextLeaf(row: TextRow): string {
  const bits = Number(row[BITS]);
  let entry = '{';
  let separator = '';
  let group: string | undefined;
  for (const field of FACTS) {
    const json = (bits & field.bit) === 0 ? formatJson(row[field.nth], field.kind) : undefined;
    if (json === undefined) continue;
    if (field.group !== group) {
      if (group !== undefined) entry += '}';
      group = field.group;
      if (group !== undefined) {
        entry += `${separator}"${group}":{`;
        separator = '';
      }
    }
    entry += separator + field.label + json;
    separator = ',';
  }
  entry += group === undefined ? '}' : '}}';
  checkEntryLength(row[getColumnPosition('id')] ?? '', entry);
  return `\\x${hash('sha256', `\0${entry}`, 'hex')}`;
}

/** Whether the recomputed leaf hash of the row's event equals the column `leaf_hash`. @throws AuditError if the event cannot be sealed */
export function matchesOwnLeaf(row: TextRow): boolean {
  return computeTextLeaf(row) === row[LEAF_HASH];
}

/**
 * Compares the personal part of a row with the commitment.
 *
 * @throws AuditError if the personal part has no canonical form
 */
export function checkPersonal(row: TextRow): 'whole' | 'erased' | 'doubtful' {
  const salt = row[SALT] ?? undefined;
  const rest = row[REST] ?? '{}';
  if (MAY_BE_MISPLACED.test(rest)) return 'doubtful';
  const [others, related] = splitAtRelated(rest.slice(1, -1));
  const values = [
    ...formatOwnValues(row, OWN_BEFORE),
    ...isFilled(others),
    ...formatOwnValues(row, OWN_BETWEEN),
    ...isFilled(related),
    ...formatOwnValues(row, OWN_AFTER),
  ];
  const commitment = parseHexBytes(row[COMMITMENT]);
  if (values.length === 0 && salt === undefined) return commitment ? 'erased' : 'whole';
  if (values.length === 0 || salt?.length !== SALT_TEXT) return 'doubtful';
  const seen = commitText(`{${values.join(',')}}`, Buffer.from(salt.slice(2), 'hex'));
  return seen === commitment?.toString('base64') ? 'whole' : 'doubtful';
}

const isFilled = (members: string): readonly string[] => (members === '' ? [] : [members]);

/**
 * Parts the members of a personal part before those of `related`, which come last. A name within a value may look the same: then the
 * commitment differs, and the row is doubtful.
 */
function splitAtRelated(members: string): readonly [others: string, related: string] {
  if (members.startsWith(`"${RELATED}`)) return ['', members];
  const at = members.indexOf(`,"${RELATED}`);
  return at < 0 ? [members, ''] : [members.slice(0, at), members.slice(at + 1)];
}

/** Matches JSON that may contain a value which belongs in another column. The ledger's writer never stores such a value in `personal`. */
const MAY_BE_MISPLACED = /"\/(?:actor|reason|request|resource)/;

const SALT_TEXT = 2 + 2 * SALT_BYTES;

function formatOwnValues(row: TextRow, fields: readonly TextField[]): readonly string[] {
  const bits = Number(row[BITS]);
  return fields.flatMap(({ label, kind, bit, nth }) => {
    const json = bit === 0 || (bits & bit) !== 0 ? formatJson(row[nth], kind) : undefined;
    return json === undefined ? [] : label + json;
  });
}

function formatJson(text: string | null | undefined, kind: TextField['kind']): string | undefined {
  if (text === null || text === undefined) return undefined;
  switch (kind) {
    case 'json':
      return text === 'null' ? undefined : text; // the writer stores the same text that it seals
    case 'flag':
      return text === 't' ? 'true' : undefined;
    case 'smallint':
    case 'double':
      return canonicalJson(Number(text));
    case 'time':
      return `"${formatTime(text)}"`;
    case 'bytes':
      return `"${parseHexBytes(text)?.toString('base64') ?? ''}"`;
    default:
      return canonicalText(text);
  }
}

const TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,3})?\+00$/;

function formatTime(text: string): string {
  const [, date = '', time = '', fraction = '.'] = TIME.exec(text) ?? [];
  return `${date}T${time}${fraction.padEnd(4, '0')}Z`;
}

function parseHexBytes(text: string | null | undefined): Buffer | undefined {
  return typeof text === 'string' ? Buffer.from(text.slice(2), 'hex') : undefined;
}
