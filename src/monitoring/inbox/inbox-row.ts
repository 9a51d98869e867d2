import { randomBytes } from 'node:crypto';
import type { AuditEvent, FactRules } from '../../audit/plain.js';
import { checkLine, isDoubtful, MAX_LINE_BYTES, writeLine, type MarkedEvent } from '../proof/sealing/event-line.js';
import { findPersonal } from '../proof/sealing/find-personal.js';
import { macOf } from './row-mac.js';
import { sealLine, withoutValues } from '../store/seal-row.js';

/** The version of the lines that this library writes. A sealer leaves rows of a newer version to a newer sealer. */
export const LINE_VERSION = 1;

/** A writer begins another row when a row would exceed this size. A row of one line may exceed it; the server refuses more than 2 MiB. */
const MAX_BODY_BYTES = 1024 * 1024;
/** The server refuses larger rows, and more lines a row. */
export const ROW_LIMITS = { bytes: 2 * 1024 * 1024, lines: 1_000 } as const;

/** A text with so many UTF-16 code units never exceeds the limit of a line. */
const SURE_LINE_CHARACTERS = MAX_LINE_BYTES / 3;

export const SEED_BYTES = 16;
const ANY_SEED = Buffer.alloc(SEED_BYTES);

/** Rows for the inbox. */
export interface InboxRows {
  readonly version: number;
  readonly seeds: readonly Buffer[];
  /** A code for each row; `null` without a key. */
  readonly macs: readonly (Buffer | null)[];
  readonly bodies: readonly string[];
}

/**
 * Returns the rows of some events, in the order of the array.
 *
 * @param rulesFor returns the fact rules of a type
 * @param key the key that signs each row; `undefined` for no signature
 * @throws the errors of {@link linesOf}
 */
export function rowsOf(events: readonly AuditEvent[], rulesFor: (type: string) => FactRules, key?: string): InboxRows {
  return rowsOfLines(linesOf(events, rulesFor), key);
}

/**
 * Returns the lines of some events, in the order of the array. The writer decides what is personal: each line has the pointers of its personal
 * values.
 *
 * @throws InvalidLineError (`AUDIT_LINE_INVALID`), EntryTooLargeError (`AUDIT_ENTRY_TOO_LARGE`) if the sealer would refuse an event because
 *   of its texts or its size. The core makes no such event
 */
export function linesOf(events: readonly AuditEvent[], rulesFor: (type: string) => FactRules): readonly string[] {
  return events.map((event) => {
    const line = lineOf({ event, marks: findPersonal(event, rulesFor(event.type)) });
    if (isDoubtful(line)) sealLine(checkLine(line), ANY_SEED);
    return line;
  });
}

/** @param maxBytes a row of several lines has at most this size */
export function rowsOfLines(lines: readonly string[], key?: string, maxBytes = MAX_BODY_BYTES): InboxRows {
  const rows = joinLines(lines, Math.min(maxBytes, MAX_BODY_BYTES)).map((body) => ({
    version: LINE_VERSION,
    seed: randomBytes(SEED_BYTES),
    body,
  }));
  return {
    version: LINE_VERSION,
    seeds: rows.map(({ seed }) => seed),
    macs: rows.map((row) => (key === undefined ? null : macOf(key, row))),
    bodies: rows.map(({ body }) => body),
  };
}

/**
 * Returns the statement that stores the rows. The statement is a whole transaction. Without a synchronous commit, a crash of the server could
 * lose events whose commit was acknowledged.
 */
export function insertRows({ version, seeds, macs, bodies }: InboxRows): {
  name: string;
  text: string;
  values: unknown[];
} {
  const places = bodies.map((_, nth) => `($${3 * nth + 2}::bytea, $${3 * nth + 3}::bytea, $${3 * nth + 4}::text)`);
  return {
    name: `audit_inbox_insert_${bodies.length}`,
    text: `
      INSERT INTO audit_inbox (version, seed, mac, body)
        SELECT $1::smallint, seed, mac, body FROM (VALUES ${places.join(', ')}) AS given (seed, mac, body)
         WHERE (CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END) IS DISTINCT FROM ''`,
    values: [version, ...bodies.flatMap((body, nth) => [seeds[nth], macs[nth], body])],
  };
}

/** Pointers that make a line too long have a personal part that is too large for an entry, too. The sealer would leave it out, too. */
function lineOf(marked: MarkedEvent): string {
  const line = writeLine(marked);
  const isTooLong = line.length > SURE_LINE_CHARACTERS && Buffer.byteLength(line) > MAX_LINE_BYTES;
  return isTooLong ? writeLine(withoutValues(marked)) : line;
}

function joinLines(lines: readonly string[], maxBytes: number): readonly string[] {
  const bodies: string[] = [];
  let [body, bytes, count] = ['', 0, 0];
  for (const line of lines) {
    const lineBytes = Buffer.byteLength(line) + 1;
    if (count === ROW_LIMITS.lines || (body !== '' && bytes + lineBytes > maxBytes)) {
      bodies.push(body);
      [body, bytes, count] = ['', 0, 0];
    }
    body += body === '' ? line : `\n${line}`;
    bytes += lineBytes;
    count++;
  }
  if (body !== '') bodies.push(body);
  return bodies;
}
