import { EVENT_FIELDS } from '../sealing/event-layout.js';
import { joinPersonal, type PersonalPart } from '../sealing/personal-part.js';
import { PersonalPartError } from '../sealing/sealing.error.js';
import type { CopiedRows } from './copied-rows.js';
import { nthOf } from './copied-row.js';
import { BACKSLASH } from './copy-bytes.js';
import { LineBuffer } from './line-buffer.js';
import { parseJson } from '../../../audit/plain.js';

const PERSONAL = nthOf('personal');

/** The columns that a personal part belongs into, by their names in the event. */
const JOINED = new Map(
  EVENT_FIELDS.filter(({ personal }) => personal === 'within').map(({ name, column }) => [name, nthOf(column)]),
);

const POINTERS = Array.from(JOINED, ([name, nth]) => ({ nth, begin: Buffer.from(`"/${name}/`) }));

const [QUOTATION_MARK, SLASH, TILDE, OPEN, CLOSE] = Buffer.from('"/~{}');
const SEPARATOR = Buffer.from(',');
const COLON = Buffer.from('":"');
const QUOTE = Buffer.from('"');
const END = Buffer.from('}');

/** A field of an object's own, in the bytes of the row: `email":"ada@example.com"`. */
interface PersonalField {
  readonly nth: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The columns of JSON, with what is personal back in them. A text right in an object, as most are, is put at the object's end
 * by its bytes; for anything else the columns that it belongs into are read.
 */
export class JoinedColumns {
  private readonly fields: PersonalField[] = [];
  private texts: ReadonlyMap<number, string> | undefined;
  private readonly scratch = new LineBuffer(4_096);

  /** Takes the row at hand; `false` when its personal part is not of it. */
  take(row: CopiedRows): boolean {
    this.texts = undefined;
    this.fields.length = 0;
    if (!row.has(PERSONAL) || this.findFields(row)) return true;
    this.fields.length = 0;
    this.texts = joinedTexts(row);
    return this.texts !== undefined;
  }

  /** Puts the JSON of a column that has a value. */
  write(row: CopiedRows, nth: number, out: LineBuffer): void {
    const text = this.texts?.get(nth);
    if (text !== undefined) {
      out.putText(text);
      return;
    }
    out.putField(row.bytes, row.startOf(nth), row.endOf(nth));
    for (const field of this.fields) {
      if (field.nth !== nth) continue;
      out.cut(out.length - 1); // the object's end
      if (out.lastByte() !== OPEN) out.put(SEPARATOR);
      out.put(QUOTE);
      out.put(row.bytes, field.start, field.end);
      out.put(END);
    }
  }

  /** The bytes of the JSON of a column that has a value, until the next is asked for. */
  jsonOf(row: CopiedRows, nth: number): Buffer {
    this.scratch.cut(0);
    this.write(row, nth, this.scratch);
    return this.scratch.view();
  }

  /** The value of a column that has one. */
  read(row: CopiedRows, nth: number): unknown {
    return parseJson(this.jsonOf(row, nth).toString('utf8'));
  }

  /** Notes the fields; `false` when there is one of another kind. */
  private findFields(row: CopiedRows): boolean {
    const { bytes } = row;
    const last = row.endOf(PERSONAL) - 1;
    let at = row.startOf(PERSONAL) + 1;
    while (at < last) {
      const pointer = POINTERS.find(({ begin }) => isAt(bytes, at, begin));
      if (!pointer) return false;
      const start = at + pointer.begin.length;
      const nameEnd = endOfName(bytes, start);
      if (nameEnd === undefined || !isAt(bytes, nameEnd, COLON)) return false;
      const end = endOfName(bytes, nameEnd + COLON.length, true);
      if (end === undefined || !isNewIn(row, pointer.nth, start, nameEnd)) return false;
      this.fields.push({ nth: pointer.nth, start, end: end + 1 });
      at = end + 1;
      if (at < last && !isAt(bytes, at, SEPARATOR)) return false;
      at += at < last ? SEPARATOR.length : 0;
    }
    return at === last && bytes[last] === CLOSE;
  }
}

function isAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let nth = 0; nth < wanted.length; nth++) if (bytes[at + nth] !== wanted[nth]) return false;
  return true;
}

/** Where the quotation mark after a JSON text is; `undefined` for a text with an escape, or a name after which a pointer continues. */
function endOfName(bytes: Uint8Array, start: number, isValue = false): number | undefined {
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTATION_MARK) return at;
    if (byte === BACKSLASH || (!isValue && (byte === SLASH || byte === TILDE))) return undefined;
  }
  return undefined;
}

/** Whether the column is an object in which the name stands nowhere, at no depth. */
function isNewIn(row: CopiedRows, nth: number, start: number, end: number): boolean {
  const { bytes } = row;
  const last = row.endOf(nth) - (end - start);
  if (!row.has(nth) || bytes[row.startOf(nth)] !== OPEN) return false;
  for (let at = row.startOf(nth) + 1; at < last; at++) {
    if (bytes[at] !== QUOTATION_MARK) continue;
    let same = 0;
    while (same <= end - start && bytes[at + 1 + same] === bytes[start + same]) same += 1;
    if (same > end - start) return false;
  }
  return true;
}

/** The columns that something personal belongs into, by reading them; `undefined` when it does not belong there. */
function joinedTexts(row: CopiedRows): ReadonlyMap<number, string> | undefined {
  const personal = parseJson(row.textOf(PERSONAL) ?? '{}') as PersonalPart; // what its writer put there
  const facts: Record<string, unknown> = {};
  for (const pointer in personal) {
    const name = pointer.slice(1, pointer.indexOf('/', 1));
    const own = row.textOf(JOINED.get(name) ?? -1);
    if (own === null) return undefined;
    facts[name] ??= parseJson(own);
  }
  try {
    // All that the pointers lead into.
    const event = joinPersonal(facts as unknown as Parameters<typeof joinPersonal>[0], personal);
    return new Map(
      Object.keys(facts).map((name) => [JOINED.get(name) ?? -1, JSON.stringify(Reflect.get(event, name))]),
    );
  } catch (error) {
    if (error instanceof PersonalPartError) return undefined;
    throw error;
  }
}
