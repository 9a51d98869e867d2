import { hash } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../../audit/plain.js';
import { NotAnEnvelopeError } from './ingest.error.js';
import { EVENT_COLUMNS } from '../monitoring/store/event-columns.js';
import { insertBatch } from '../monitoring/store/insert-batch.js';
import type { SealedRow } from '../monitoring/store/seal-row.js';

/** Sealed events in JetStream, as the values of the INSERT statement that stores them. */
export interface Envelope {
  readonly events: number;
  readonly statement: ReturnType<typeof insertBatch>;
}

const Head = z.object({
  version: z.literal(1),
  origin: z.string(),
  events: z.int(),
  /** The name and the length in bytes of each column's text. The texts come after the head, in this order. */
  columns: z.array(z.tuple([z.string(), z.int().min(0)])),
});
type Head = z.infer<typeof Head>;

const LINE_BREAK = 0x0a;
const { name: NAME, text: TEXT } = insertBatch([]);

/** Writes an envelope: the head, which is a line of JSON, and then the text of each column. */
export function writeEnvelope(origin: string, rows: readonly SealedRow[]): Buffer {
  const texts = insertBatch(rows).values.map((value) => Buffer.from(value));
  const columns = texts.map(
    ({ length }, index) => [EVENT_COLUMNS[index]?.name ?? '', length] satisfies [string, number],
  );
  const head: Head = { version: 1, origin, events: rows.length, columns };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...texts]);
}

/** Writes envelopes of at most `maxBytes` bytes. An envelope with a single event may be larger. */
export function writeEnvelopes(origin: string, rows: readonly SealedRow[], maxBytes: number): readonly Buffer[] {
  const bytes = writeEnvelope(origin, rows);
  if (bytes.length <= maxBytes || rows.length === 1) return [bytes];
  const middle = Math.ceil(rows.length / 2);
  return [rows.slice(0, middle), rows.slice(middle)].flatMap((part) => writeEnvelopes(origin, part, maxBytes));
}

/** Computes the SHA-256 of an envelope's bytes, in hexadecimal: its `Nats-Msg-Id`. */
export function hashEnvelope(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/**
 * Reads an envelope for the ledger of this origin. Throws a NotAnEnvelopeError for bytes that are not an envelope, and an Error for an
 * envelope that cannot be stored.
 */
export function readEnvelope(origin: string, bytes: Uint8Array): Envelope {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf(LINE_BREAK);
  const head = parseHead(buffer.toString('utf8', 0, end === -1 ? 0 : end));
  if (head.origin !== origin) throw new Error(`it is for the ledger ${head.origin}, not for ${origin}`);
  const texts = new Map<string, string>();
  let start = end + 1;
  for (const [name, length] of head.columns) {
    texts.set(name, buffer.toString('utf8', start, start + length));
    start += length;
  }
  if (start !== buffer.length) throw new NotAnEnvelopeError('it is cut off');
  const known = new Set(EVENT_COLUMNS.map(({ name }) => name));
  const newer = [...texts.keys()].filter((name) => !known.has(name));
  if (newer.length > 0) throw new Error(`it has the columns ${newer.join(', ')}, which this version lacks`);
  const values = EVENT_COLUMNS.map(({ name, isJson }) => texts.get(name) ?? (isJson ? '' : '{}'));
  return { events: head.events, statement: { name: NAME, text: TEXT, values } };
}

export function idsOfEnvelope({ statement }: Envelope): readonly string[] {
  const column = EVENT_COLUMNS.findIndex(({ name }) => name === 'id');
  return statement.values[column]?.match(/[\da-f-]{36}/g) ?? [];
}

function parseHead(line: string): Head {
  let given: unknown;
  try {
    given = parseJson(line);
  } catch {
    throw new NotAnEnvelopeError('it is not an envelope');
  }
  const { success, data } = Head.safeParse(given);
  if (success) return data;
  const { version } = Object(given) as { readonly version?: unknown };
  if (Number.isSafeInteger(version) && version !== 1)
    throw new Error(`it is an envelope of version ${String(version)}`);
  throw new NotAnEnvelopeError('it is not an envelope');
}
