import { canonicalJson } from '../../../audit/plain.js';
import { EVENT_FIELDS, type LaidOutField, type StoredKind } from '../sealing/event-layout.js';
import { readAs } from '../store/ledger-row.js';
import { factColumn } from '../store/personal-columns.js';

/** The columns of a row as texts, in the order of {@link SEALED_COLUMNS}; times by the date style ISO, in UTC. */
export type TextRow = readonly (string | null)[];

interface SealedField {
  /** The object of the sealed event that it is in; absent for a field of the event itself. */
  readonly group?: string;
  readonly name: string;
  /** An expression over `audit_event`. */
  readonly column: string;
  /** The canonical JSON of its text; `undefined` where the event has no such field. */
  readonly write: (text: string) => string | undefined;
}

const asText = canonicalJson;
/** Of a column of another type by now, it stays a text. */
const asNumber = (text: string): string => canonicalJson(String(Number(text)) === text ? Number(text) : text);
const asDouble = (text: string): string => canonicalJson(Buffer.from(text.slice('\\x'.length), 'hex').readDoubleBE());
const asTrue = (text: string): string | undefined => (text === 't' ? 'true' : undefined);

/** `2026-11-20 08:00:00.12+00` as RFC 3339, with milliseconds: the server is slower at it. Another time, as BC, stays so. */
function asTime(text: string): string {
  if (text.length > LONGEST_TIME || !text.endsWith('+00')) return canonicalJson(text);
  const fraction = text.length > 22 ? text.slice(20, -3) : '';
  return canonicalJson(`${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.padEnd(3, '0')}Z`);
}

const LONGEST_TIME = '2026-11-20 08:00:00.123+00'.length;

/** As it is stored: the writer stores the text that it seals. */
const asJson = (text: string): string | undefined => (text === 'null' ? undefined : text);

type TextWriter = SealedField['write'];

const WRITERS: Readonly<Record<StoredKind, TextWriter>> = {
  uuid: asText,
  time: asTime,
  text: asText,
  smallint: asNumber,
  double: asDouble,
  flag: asTrue,
  inet: asText,
  json: asJson,
};

/** What stands in a sealed event for its personal part. */
const COMMITMENT: SealedField = { name: 'personal', column: `encode(personal_commitment, 'base64')`, write: asText };

function orderOf({ group, name }: SealedField): string {
  return group === undefined ? name : `${group}\0${name}`;
}

/** In the order of canonical JSON, so that a sealed event is written from its row in one pass. */
const SEALED_FIELDS: readonly SealedField[] = [
  ...EVENT_FIELDS.filter(({ personal }) => personal !== 'always').map(sealedFieldOf),
  COMMITMENT,
].toSorted((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));

function sealedFieldOf(field: LaidOutField): SealedField {
  const { group, name, kind } = field;
  const column = kind === 'double' ? readAs(field) : field.column;
  return { ...(group === undefined ? {} : { group }), name, column, write: WRITERS[kind] };
}

/** What a sealed event is written from: expressions over `audit_event`, read as texts. */
export const SEALED_COLUMNS: readonly string[] = SEALED_FIELDS.map(({ column }) => factColumn(column));

/** Where the event's id is. */
export const ID_AT = SEALED_FIELDS.findIndex(({ column }) => column === 'id');

/** Where the commitment to the personal part is, in base64. */
export const COMMITMENT_AT = SEALED_FIELDS.findIndex(({ name }) => name === 'personal');

/** What stands before each field's value. */
const NAMES = SEALED_FIELDS.map(({ name }) => `${canonicalJson(name)}:`);

/**
 * The sealed event of a row as canonical JSON, without the objects in between: as `encodeEntry` has it for every row that the
 * ledger's writer made. Of another row, it is some text.
 *
 * @throws NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for numbers that JSON has no form for
 */
export function sealedText(row: TextRow): string {
  let out = '{';
  let open: string | undefined;
  let isFirst = true;
  for (let at = 0; at < SEALED_FIELDS.length; at++) {
    const text = row[at];
    const field = SEALED_FIELDS[at];
    if (text === null || text === undefined || field === undefined) continue;
    const json = field.write(text);
    if (json === undefined) continue;
    if (field.group !== open) {
      if (open !== undefined) out += '}';
      if (field.group !== undefined) {
        out += `${isFirst ? '' : ','}"${field.group}":{`;
        isFirst = true;
      }
      open = field.group;
    }
    out += (isFirst ? '' : ',') + (NAMES[at] ?? '') + json;
    isFirst = false;
  }
  return `${out}${open === undefined ? '' : '}'}}`;
}
