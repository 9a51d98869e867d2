import { parseJson, type AuditEvent, hasCode } from '../../audit/nest-free.js';
import { quoteName, findEventProblem } from './check-event.js';
import { buildPersonalFields, type ClassifiedEvent } from '../proof/sealing/personal-tree.js';
import { proofErrors } from '../proof/log/proof.errors.js';

/** The most bytes of a line. The event itself has at most 60 KiB; the pointers to its personal values may be longer. */
export const MAX_LINE_BYTES = 512 * 1024;

/**
 * Writes an event as a line of JSON without line breaks: `{"event":{…},"personal":["/details/email"]}`. An event with an idempotency key has
 * the key's hash behind it: `"once":"…"`.
 *
 * @param personal the JSON Pointers of the personal values, except those that are personal in every event
 */
export function writeLine(event: AuditEvent, personal: readonly string[]): string {
  if (event.once === undefined) return `{"event":${JSON.stringify(event)},"personal":${JSON.stringify(personal)}}`;
  const { once, ...rest } = event;
  return JSON.stringify({ event: rest, personal, once });
}

/**
 * Reads a line that anybody may have written. The event of a line that this function accepts is stored and read again without a change,
 * unless it is too large for an entry. The function adds no rules about what is personal: the writer decided that.
 *
 * @throws `AUDIT_LINE_INVALID`
 */
export function checkLine(line: string): ClassifiedEvent {
  if (isTooLong(line)) throw proofErrors.AUDIT_LINE_INVALID(`it has more than ${MAX_LINE_BYTES} bytes`);
  const fields = parseLine(line);
  const { event, personal, once } = fields;
  const unknown = Object.keys(fields).find((name) => name !== 'event' && name !== 'personal' && name !== 'once');
  if (unknown !== undefined) throw proofErrors.AUDIT_LINE_INVALID(`it has the unknown field ${quoteName(unknown)}`);
  const why = findEventProblem(event, canBeUnstorable(line));
  if (why !== undefined) throw proofErrors.AUDIT_LINE_INVALID(why);
  if (!isPointers(personal)) throw proofErrors.AUDIT_LINE_INVALID('personal is not a list of texts');
  if (once !== undefined && !isHash(once)) throw proofErrors.AUDIT_LINE_INVALID('once is not a SHA-256');
  try {
    const checked = event as AuditEvent; // findEventProblem() found no fault
    return { event: checked, tree: buildPersonalFields(checked, personal), ...(once !== undefined && { once }) };
  } catch (error) {
    if (hasCode(error, 'AUDIT_PERSONAL_PART_INVALID')) throw proofErrors.AUDIT_LINE_INVALID(error.message);
    throw error;
  }
}

/** Whether the sealer could refuse a line that {@link writeLine} made of an event, because of its size or its texts. A fast check. */
export function isDoubtful(line: string): boolean {
  return line.length > SAFE_CHARACTERS || canBeUnstorable(line);
}

/** A text with so many UTF-16 code units has less than 64 KiB, the limit of an entry. */
const SAFE_CHARACTERS = 20_000;

/** PostgreSQL stores neither U+0000 nor lone surrogates. JSON can contain them only as escapes. */
function canBeUnstorable(line: string): boolean {
  return line.includes(String.raw`\u`) && /\\u(?:0000|d[89a-f])/i.test(line);
}

/** Whether a line has more than {@link MAX_LINE_BYTES}. */
export function isTooLong(line: string): boolean {
  return line.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(line) > MAX_LINE_BYTES;
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  try {
    const parsed = parseJson(line);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Readonly<Record<string, unknown>>; // an object has named fields
  } catch {
    // the error below says the same
  }
  throw proofErrors.AUDIT_LINE_INVALID('it is not a JSON object');
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isPointers(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
