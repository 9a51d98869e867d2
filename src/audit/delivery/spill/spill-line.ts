import { createHmac, timingSafeEqual } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseJson } from '../../../base/json/parse-json.js';
import { auditErrors } from '../../errors/audit.errors.js';
import type { WriterKeys } from '../../writer-keys.js';
import { syncFolder } from '../../../base/sync-folder.js';
import type { AuditEvent } from '../../event/audit-event.js';

const MAC = /^[\w-]{43} $/;
const MAC_LENGTH = 44;

/**
 * Encodes the lines of the spill files: an HMAC-SHA-256 in base64url, a space, JSON, and a line feed. The HMAC includes the line's purpose.
 * So a line is invalid in another kind of file, or in a file of another provider.
 */
export class SpillLines {
  private keys: readonly Buffer[] | undefined;

  constructor(private readonly writerKeys: WriterKeys) {}

  /** Returns the encoder for a command. @throws `AUDIT_REQUEST_INVALID` if the key is missing */
  static forCommand(folder: string, writerKeys: WriterKeys): SpillLines {
    const { problem } = writerKeys;
    if (problem !== undefined) throw auditErrors.AUDIT_REQUEST_INVALID.noKey(folder, problem);
    return new SpillLines(writerKeys);
  }

  /** Encodes a line. Throws the system's error when the key cannot be read. */
  encode(purpose: string, value: object): string {
    const json = JSON.stringify(value);
    const [first = ''] = this.known;
    return `${computeMac(first, purpose, json).toString('base64url')} ${json}\n`;
  }

  /** Decodes a line, and freezes the value; `undefined` for a damaged line, or a line without a valid signature for this purpose. */
  decode(purpose: string, line: Buffer): unknown {
    const head = line.toString('latin1', 0, MAC_LENGTH);
    const json = line.subarray(MAC_LENGTH);
    if (!MAC.test(head) || !isUtf8(json)) return undefined;
    const mac = Buffer.from(head.trimEnd(), 'base64url');
    if (!this.known.some((key) => timingSafeEqual(mac, computeMac(key, purpose, json)))) return undefined;
    try {
      return deepFreeze(parseJson(json.toString()));
    } catch {
      return undefined;
    }
  }

  private get known(): readonly Buffer[] {
    return (this.keys ??= this.writerKeys.for('spill'));
  }
}

function computeMac(key: Buffer | string, purpose: string, json: string | Buffer): Buffer {
  return createHmac('sha256', key).update(`${purpose}\n`).update(json).digest();
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

const CHUNK_BYTES = 256 * 1024;

/** The library writes shorter lines, so a longer line is damaged, and is read in pieces. */
const MAX_LINE_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;

/** Reads the non-empty lines of a file in bounded memory. Each line is valid until the next line is read. */
export async function* readLines(file: FileHandle): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const chunk = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      if (end > from) yield chunk.subarray(from, end);
      from = end + 1;
    }
    rest = chunk.subarray(from);
    if (rest.length > MAX_LINE_BYTES) {
      yield rest;
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0) yield rest;
}

/**
 * Calls `onLine` for each line of a file, unless the path is a symbolic link. Resolves with `true` if the whole file was read. Never
 * rejects.
 */
export async function readEachLine(path: string, onLine: (line: Buffer) => void): Promise<boolean> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      for await (const line of readLines(file)) onLine(line);
      return true;
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

/** Counts the lines of a file. A file that cannot be read counts as one line. Never rejects. */
export async function countLines(path: string): Promise<number> {
  let lines = 0;
  return (await readEachLine(path, () => lines++)) ? lines : 1;
}

/** Copies the broken lines of a file, byte by byte, to another file. Resolves when that file is on disk. */
export async function setAside(
  file: FileHandle,
  corruptPath: string,
  isBroken: (line: Buffer) => boolean,
): Promise<void> {
  const corrupt = await open(corruptPath, 'w', 0o600);
  try {
    for await (const line of readLines(file)) {
      if (isBroken(line)) await corrupt.appendFile(Buffer.concat([line, Buffer.of(LINE_FEED)]));
    }
    await corrupt.sync();
  } finally {
    await corrupt.close();
  }
  await syncFolder(dirname(corruptPath));
}

export interface DeadLetter {
  readonly event: AuditEvent;
  readonly error: string;
}

/** A dead letter in the spill's folder. `at` is the time when the event became a dead letter (RFC 3339, UTC). */
export interface StoredDeadLetter extends DeadLetter {
  readonly backend: string;
  readonly at: string;
}

const MAX_ERROR_LENGTH = 2_000;

export function encodeEvent(lines: SpillLines, backend: string, event: AuditEvent): string {
  return lines.encode(`events ${backend}`, event);
}

/** Decodes the event in a line of a backend's segment; `undefined` for an invalid line. */
export function decodeEvent(lines: SpillLines, backend: string, line: Buffer): AuditEvent | undefined {
  const value = lines.decode(`events ${backend}`, line);
  return isEvent(value) ? value : undefined;
}

export function encodeDeadLetter(lines: SpillLines, { backend, at, error, event }: StoredDeadLetter): string {
  return lines.encode('dead letters', { backend, at, error: error.slice(0, MAX_ERROR_LENGTH), event });
}

/** Decodes the dead letter in a line; `undefined` for an invalid line. */
export function decodeDeadLetter(lines: SpillLines, line: Buffer): StoredDeadLetter | undefined {
  const { backend, at, error, event } = toFields(lines.decode('dead letters', line));
  if (typeof backend !== 'string' || typeof at !== 'string' || typeof error !== 'string') return undefined;
  return isEvent(event) ? { backend, at, error, event } : undefined;
}

/** Returns the key of a dead letter: the backend and the event's id. */
export function getDeadLetterKey({ backend, event }: StoredDeadLetter): string {
  return `${backend} ${event.id}`;
}

/** Reads the dead letters of a file, and counts its invalid lines. A file that cannot be read counts as one invalid line. Never rejects. */
export async function readDeadLetters(
  path: string,
  lines: SpillLines,
): Promise<{ readonly letters: readonly StoredDeadLetter[]; readonly brokenLines: number }> {
  const letters: StoredDeadLetter[] = [];
  let brokenLines = 0;
  const isReadable = await readEachLine(path, (line) => {
    const letter = decodeDeadLetter(lines, line);
    if (letter) letters.push(letter);
    else brokenLines++;
  });
  return { letters, brokenLines: isReadable ? brokenLines : 1 };
}

/** Checks only fields that every event has, since the line's signature is valid. */
function isEvent(value: unknown): value is AuditEvent {
  const { id, schemaVersion, type } = toFields(value);
  return typeof id === 'string' && (schemaVersion === 1 || schemaVersion === 2) && typeof type === 'string';
}

function toFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
