import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { AuditEvent, FactRules } from '../../audit/nest-free.js';
import { checkLine, isDoubtful, isTooLong, writeLine } from './event-line.js';
import { findPersonal } from './find-personal.js';
import type { InboxKeys } from '../store/inbox-keys.js';
import type { LedgerRow } from '../store/ledger-row.js';
import { sealLine, omitChangedValues } from '../store/seal-row.js';

/** The version of the lines that this library writes. A sealer leaves rows of a newer version to a newer sealer. */
export const LINE_VERSION = 1;

/**
 * A writer begins another row when a row would exceed this size, because the leader unpacks and checks a row at once. A row of one line may
 * exceed it; the server refuses more than 2 MiB.
 */
const MAX_BODY_BYTES = 512 * 1024;
/** The server refuses larger rows, and more lines a row. */
export const ROW_LIMITS = { bytes: 2 * 1024 * 1024, lines: 1_000 } as const;

export const SEED_BYTES = 16;
const ANY_SEED = Buffer.alloc(SEED_BYTES);

export interface InboxRows {
  readonly version: number;
  readonly seeds: readonly Buffer[];
  /** The codes of the rows. A parked row may lack one. */
  readonly macs: readonly (Buffer | null)[];
  readonly bodies: readonly string[];
  /** Identifies the writer's key. The rows are stored only if the ledger accepts this key; `undefined` for rows of any key. */
  readonly keyId?: string | undefined;
}

/**
 * Returns the lines of some events, in the order of the array. The writer decides what is personal: each line has the pointers of its personal
 * values.
 *
 * @throws `AUDIT_LINE_INVALID` if the sealer would refuse an event because
 *   of its texts or its size. The core makes no such event
 */
export function toInboxLines(events: readonly AuditEvent[], rulesFor: (type: string) => FactRules): readonly string[] {
  return events.map((event) => {
    const line = toInboxLine(event, findPersonal(event, rulesFor(event.type)));
    if (isDoubtful(line)) sealLine(checkLine(line), ANY_SEED);
    return line;
  });
}

/** @param maxBytes a row of several lines has at most this size */
export function packInboxRows(lines: readonly string[], writer: InboxKeys, maxBytes = MAX_BODY_BYTES): InboxRows {
  const rows = joinLines(lines, Math.min(maxBytes, MAX_BODY_BYTES)).map((body) => ({
    version: LINE_VERSION,
    seed: randomBytes(SEED_BYTES),
    body,
  }));
  return {
    version: LINE_VERSION,
    seeds: rows.map(({ seed }) => seed),
    macs: rows.map((row) => writer.computeMac(row)),
    bodies: rows.map(({ body }) => body),
    keyId: writer.ids[0],
  };
}

/**
 * Returns the statement that stores the rows, unless the ledger does not accept their key. The statement is a whole transaction. Without a synchronous commit, a crash of the server could
 * lose events whose commit was acknowledged.
 *
 * @param packFrom a body of so many bytes is compressed. The lines of the ledger's own acts are not, because `audit_waiting` reads them
 */
export function insertRows(
  { version, seeds, macs, bodies, keyId }: InboxRows,
  packFrom = Infinity,
): { name: string; text: string; values: unknown[] } {
  const rows = bodies.map((body, nth) => [seeds[nth], macs[nth], ...storedBody(body, packFrom)]);
  const places = rows.map(
    (row, nth) => `(${row.map((_, at) => `$${row.length * nth + at + 3}::${TYPES[at]}`).join(', ')})`,
  );
  return {
    name: `audit_inbox_insert_${bodies.length}`,
    text: `
      INSERT INTO audit_inbox (version, ${COLUMNS})
        SELECT $1::smallint, ${COLUMNS} FROM (VALUES ${places.join(', ')}) AS given (${COLUMNS})
         WHERE (CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END) IS DISTINCT FROM ''
           AND ($2::text IS NULL OR (SELECT writer_keys = '{}' OR $2 = ANY (writer_keys) FROM audit_head))
        RETURNING true`,
    values: [version, keyId ?? null, ...rows.flat()],
  };
}

const COLUMNS = 'seed, mac, body, packed, bytes, lines';
const TYPES = ['bytea', 'bytea', 'text', 'bytea', 'integer', 'smallint'];

/** Below this size, compression costs more than it saves. */
export const MIN_PACKED_BYTES = 4096;

/** Returns the columns `body`, `packed`, `bytes` and `lines`. */
function storedBody(body: string, packFrom: number): readonly unknown[] {
  if (body.length < packFrom) return [body, null, null, null];
  const bytes = Buffer.from(body);
  const packed = brotliCompressSync(bytes, FAST_COMPRESSION);
  return isBomb(packed, bytes.length)
    ? [body, null, null, null]
    : [null, packed, bytes.length, body.split('\n').length];
}

/** A row has at most so many bytes for each byte that it is packed in. */
export const MAX_UNPACKED_BYTES = 32;

/** The lines of a row that no known writer signed are parked unpacked. So a few bytes must not become a row of 2 MiB. */
function isBomb(packed: Uint8Array, bytes: number): boolean {
  return bytes > MAX_UNPACKED_BYTES * packed.length;
}

const FAST_COMPRESSION = { params: { [constants.BROTLI_PARAM_QUALITY]: 0 } };

/** The lines of a row that {@link insertRows} compressed, with their size and their number, as the row states them. */
export interface PackedBody {
  readonly packed: Uint8Array;
  readonly bytes: number;
  readonly lines: number;
}

/** The lines of a row: as a text, or compressed. */
export type RowBody = string | PackedBody;

/** Returns the body of a stored row. */
export function getRowBody({ body, packed, bytes, lines }: LedgerRow): RowBody {
  // The columns' types.
  return packed === null ? String(body) : { packed: packed as Buffer, bytes: Number(bytes), lines: Number(lines) };
}

/**
 * Returns the lines of a row as a text; `undefined` for bytes that {@link insertRows} did not write. The server knows only the stated size and
 * number, so the sealer believes no other.
 */
export function unpackBody(body: RowBody): string | undefined {
  if (typeof body === 'string') return body;
  const { packed, bytes, lines } = body;
  if (isBomb(packed, bytes)) return undefined;
  try {
    const unpacked = brotliDecompressSync(packed, { maxOutputLength: bytes });
    if (unpacked.length !== bytes || !isUtf8(unpacked) || unpacked.includes(0)) return undefined; // the server stores no text with U+0000
    const body = unpacked.toString();
    return body.split('\n', lines + 1).length === lines ? body : undefined;
  } catch {
    return undefined;
  }
}

/** Pointers that make a line too long have a personal part that is too large for an entry, too. The sealer would leave it out, too. */
function toInboxLine(event: AuditEvent, personal: readonly string[]): string {
  const line = writeLine(event, personal);
  return isTooLong(line)
    ? writeLine(
        omitChangedValues(event),
        personal.filter((pointer) => !/^\/(?:changes|details|metadata)\//.test(pointer)),
      )
    : line;
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
