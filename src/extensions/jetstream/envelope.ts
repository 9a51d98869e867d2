import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../../audit/nest-free.js';
import type { InboxKeys } from '../../monitoring/store/inbox-keys.js';
import { LINE_VERSION, ROW_LIMITS, packInboxRows, SEED_BYTES } from '../../monitoring/inbox/inbox-row.js';
import type { SignedRow } from '../../monitoring/store/inbox-keys.js';
import { NotAnEnvelopeError } from './ingest.error.js';

const VERSION = 2;
const MAC_BYTES = 32;

const toBytes = (count: number) => z.base64().refine((text) => Buffer.byteLength(text, 'base64') === count);

const Head = z.object({
  version: z.literal(VERSION),
  origin: z.string(),
  events: z.int(),
  bytes: z.int(),
  /** The columns of the row, with bytes in Base64. */
  row: z.object({ version: z.int().min(1), seed: toBytes(SEED_BYTES), mac: toBytes(MAC_BYTES) }),
});
type Head = z.infer<typeof Head>;

/** A row of the inbox, as it is in JetStream. */
export interface Envelope {
  readonly events: number;
  readonly row: SignedRow;
}

const LINE_BREAK = 0x0a;
const MAX_HEAD_BYTES = 1_024;

/**
 * Writes envelopes of at most `maxBytes` bytes: the head, which is a line of JSON, and then the lines of the events. An envelope with a single
 * event may be larger.
 *
 * @param writer the keys, of which the first signs each row of the inbox
 */
export function writeEnvelopes(
  origin: string,
  lines: readonly string[],
  writer: InboxKeys,
  maxBytes: number,
): readonly Buffer[] {
  const { version, seeds, macs, bodies } = packInboxRows(lines, writer, maxBytes - MAX_HEAD_BYTES);
  return bodies.map((body, nth) => {
    const row = { version, seed: seeds[nth]?.toString('base64') ?? '', mac: macs[nth]?.toString('base64') ?? '' };
    const [events, bytes] = [body.split('\n').length, Buffer.byteLength(body)];
    const head: Head = { version: VERSION, origin, events, bytes, row };
    return Buffer.from(`${JSON.stringify(head)}\n${body}`);
  });
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
  const { version, seed, mac } = head.row;
  if (version > LINE_VERSION) throw new Error(`it has lines of version ${version}, which this version lacks`);
  if (head.bytes !== buffer.length - end - 1) throw new NotAnEnvelopeError('it is cut off');
  const body = buffer.toString('utf8', end + 1);
  if (!isUtf8(buffer)) throw new NotAnEnvelopeError('it is not UTF-8');
  const lines = body.split('\n').length;
  if (head.events !== lines || head.bytes > ROW_LIMITS.bytes || lines > ROW_LIMITS.lines || body.includes('\0'))
    throw new NotAnEnvelopeError('no application writes such lines');
  const row = {
    version,
    seed: Buffer.from(seed, 'base64'),
    mac: Buffer.from(mac, 'base64'),
    body,
  };
  return { events: head.events, row };
}

function parseHead(line: string): Head {
  let input: unknown;
  try {
    input = parseJson(line);
  } catch {
    throw new NotAnEnvelopeError('it is not an envelope');
  }
  const { success, data } = Head.safeParse(input);
  if (success) return data;
  const { version } = Object(input) as { readonly version?: unknown };
  if (Number.isSafeInteger(version) && version !== VERSION)
    throw new Error(`it is an envelope of version ${String(version)}`);
  throw new NotAnEnvelopeError('it is not an envelope');
}
