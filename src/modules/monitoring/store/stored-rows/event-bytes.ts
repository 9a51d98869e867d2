import { hash } from 'node:crypto';
import { canonicalJson, parseJson } from '../../../../audit/plain.js';
import { MAX_ENTRY_BYTES } from '../../log/tiles/entry-bundle.js';
import { MAX_PERSONAL_BYTES, SALT_BYTES } from '../../sealing/seal-event.js';
import { isPersonalMisplaced } from '../ledger-row.js';
import { COPIED_COLUMNS, OWN_PERSONAL, placeOf, SEALED_FIELDS, type CopiedField } from './copied-events.js';
import { CopiedFields } from './copied-fields.js';
import { JsonBytes } from './json-bytes.js';

const [COMMA, OPEN, CLOSE] = [0x2c, 0x7b, 0x7d];
const [REST, SALT, COMMITMENT, BITS] = ['personal', 'personal_salt', 'personal_commitment', 'personal_columns'].map(
  placeOf,
) as [number, number, number, number]; // there are as many as names

/** A field with its prepared bytes. */
interface WrittenField extends CopiedField {
  /** `"name":` */
  readonly label: Uint8Array;
  /** `"group":{` */
  readonly opening: Uint8Array;
}

function writtenOf(field: CopiedField): WrittenField {
  const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
  return {
    ...field,
    label: bytes(`${canonicalJson(field.name)}:`),
    opening: bytes(`${canonicalJson(field.group ?? '')}:{`),
  };
}

const FACTS = SEALED_FIELDS.map(writtenOf);
const OWN = OWN_PERSONAL.map(writtenOf);

const JSON_COLUMNS = [...FACTS.filter(({ kind }) => kind === 'json').map(({ nth }) => nth), REST];

/** The column `personal` comes before this field: all of its values are within `/changes` to `/metadata`. */
const REST_BEFORE = OWN.findIndex(({ name }) => name > '/metadata/');

const TRUE = Buffer.from('true');
const [QUOTE, SLASH, LETTER_A, LETTER_N, LETTER_R] = [0x22, 0x2f, 0x61, 0x6e, 0x72];

/** Whether a text may contain the name of a value that has its own column. */
const OWN_GROUPS = /"\/(?:actor|reason|request|resource)/;

/** The result of checking a personal part. */
export type PersonalSight = 'whole' | 'erased' | 'doubtful';

/**
 * Computes leaves and commitments from the bytes of copied rows. For rows of the ledger's writer, they equal those of `encodeEntry` and
 * `commitPersonal`; for other rows, they are arbitrary or absent.
 */
export class EventBytes {
  /** The current row. */
  readonly row = new CopiedFields(COPIED_COLUMNS.length);
  private readonly entry = new JsonBytes(1 + MAX_ENTRY_BYTES);
  private readonly personal = new JsonBytes(SALT_BYTES + MAX_PERSONAL_BYTES);
  private bits = 0;

  /**
   * The leaf hash of the row's event, one character for each byte; `undefined` if it cannot be sealed.
   *
   * @throws NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`)
   */
  leafHash(): string | undefined {
    const { entry } = this;
    this.bits = this.readBits();
    entry.clear();
    entry.put(0); // stands before each leaf, as in `hashLeaf`
    return this.writeFacts() ? hash('sha256', entry.bytes.subarray(0, entry.end), 'binary') : undefined;
  }

  /**
   * Compares the personal part with the commitment. Call it after {@link leafHash}.
   *
   * @throws NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`)
   */
  lookAtPersonal(): PersonalSight {
    const { row, personal } = this;
    const salt = row.lengthOf(SALT);
    personal.clear();
    if (salt > 0) personal.copy(row.bytes, row.startOf(SALT), Math.min(salt, SALT_BYTES));
    const start = personal.end;
    if (!this.writePersonal()) return 'doubtful';
    const isSaid = personal.end > start;
    if (!isSaid && salt < 0) return row.lengthOf(COMMITMENT) < 0 ? 'whole' : 'erased';
    if (!isSaid || salt !== SALT_BYTES) return 'doubtful';
    const digest = hash('sha256', personal.bytes.subarray(0, personal.end), 'binary');
    return row.is(COMMITMENT, digest) ? 'whole' : 'doubtful';
  }

  /**
   * Whether all JSON of the row is canonical.
   *
   * @throws RangeError for JSON that is nested too deeply
   */
  isCanonical(): boolean {
    const { row } = this;
    return JSON_COLUMNS.every((nth) => {
      const length = row.lengthOf(nth);
      const text = length < 0 ? 'null' : row.bytes.toString('utf8', row.startOf(nth), row.startOf(nth) + length);
      return canonicalJson(parseJson(text)) === text;
    });
  }

  private writeFacts(): boolean {
    const { entry } = this;
    let group: string | undefined;
    entry.put(OPEN);
    let isFirst = true;
    for (const field of FACTS) {
      if ((this.bits & field.bit) !== 0 || !this.has(field)) continue;
      if (!entry.hasRoom(field.label.length + field.opening.length + 3)) return false;
      if (field.group !== group) {
        if (group !== undefined) entry.put(CLOSE);
        group = field.group;
        if (group !== undefined) {
          if (!isFirst) entry.put(COMMA);
          entry.copy(field.opening, 0, field.opening.length);
          isFirst = true;
        }
      }
      if (!isFirst) entry.put(COMMA);
      isFirst = false;
      entry.copy(field.label, 0, field.label.length);
      if (!this.writeValue(entry, field)) return false;
    }
    if (!entry.hasRoom(2)) return false;
    if (group !== undefined) entry.put(CLOSE);
    entry.put(CLOSE);
    return true;
  }

  /** Writes the personal part, if the row has one. */
  private writePersonal(): boolean {
    const { row, personal } = this;
    const start = personal.end;
    for (const [nth, field] of OWN.entries()) {
      if (nth === REST_BEFORE && row.lengthOf(REST) >= 0) {
        if (this.isMisplaced() || !personal.hasRoom(row.lengthOf(REST) + 2)) return false;
        personal.put(personal.end === start ? OPEN : COMMA);
        personal.copy(row.bytes, row.startOf(REST) + 1, row.lengthOf(REST) - 2);
      }
      if ((field.bit !== 0 && (this.bits & field.bit) === 0) || !this.has(field)) continue;
      if (!personal.hasRoom(field.label.length + 2)) return false;
      personal.put(personal.end === start ? OPEN : COMMA);
      personal.copy(field.label, 0, field.label.length);
      if (!this.writeValue(personal, field)) return false;
    }
    if (personal.end > start) personal.put(CLOSE);
    return true;
  }

  /** Whether the event has the field: a flag counts if it is set, and JSON if it is not empty. */
  private has({ kind, nth }: CopiedField): boolean {
    const { row } = this;
    const length = row.lengthOf(nth);
    if (kind === 'flag') return length === 1 && row.bytes[row.startOf(nth)] === 1;
    if (kind === 'json' && length === 4 && row.bytes[row.startOf(nth)] === LETTER_N) return false;
    return length >= 0;
  }

  private writeValue(to: JsonBytes, { kind, nth }: CopiedField): boolean {
    const { row } = this;
    const [start, length] = [row.startOf(nth), row.lengthOf(nth)];
    switch (kind) {
      case 'json':
        return to.copy(row.bytes, start, length); // the writer stores the same text that it seals
      case 'uuid':
        return to.uuid(row.bytes, start, length);
      case 'time':
        return to.time(row.bytes, start, length);
      case 'smallint':
        return to.integer(row.bytes, start, length);
      case 'double':
        return to.double(row.bytes, start, length);
      case 'bytes':
        return to.base64(row.bytes, start, length);
      case 'flag':
        return to.copy(TRUE, 0, TRUE.length);
      default:
        return to.text(row.bytes, start, length);
    }
  }

  /** The bits of the marked columns that are personal. */
  private readBits(): number {
    const { row } = this;
    if (row.lengthOf(BITS) !== 2) return 0;
    const start = row.startOf(BITS);
    return ((row.bytes[start] ?? 0) << 8) | (row.bytes[start + 1] ?? 0);
  }

  /** Whether the column `personal` may contain a value that has its own column, which the ledger's writer never does. */
  private isMisplaced(): boolean {
    const { row } = this;
    const [start, length] = [row.startOf(REST), row.lengthOf(REST)];
    let isSuspect = false;
    for (let at = start + 1; at < start + length; at++) {
      if (row.bytes[at] === SLASH && row.bytes[at - 1] === QUOTE) {
        const next = row.bytes[at + 1];
        isSuspect ||= next === LETTER_A || next === LETTER_R;
      }
    }
    if (!isSuspect) return false;
    const rest = row.bytes.toString('utf8', start, start + length);
    if (!OWN_GROUPS.test(rest)) return false;
    const personal = parseJson(rest);
    return canonicalJson(personal) !== rest || isPersonalMisplaced({ personal });
  }
}
