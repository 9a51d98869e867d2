import { hash, randomFillSync } from 'node:crypto';
import type { AuditEvent, FactRules } from '../../../audit/plain.js';
import { MAX_PERSONAL_BYTES, SALT_BYTES } from '../sealing/seal-event.js';
import { EntryTooLargeError } from '../sealing/sealing.error.js';
import { personalJson } from '../sealing/personal-values.js';
import { sealedJson, writeEvent, type TextRange } from '../sealing/write-event.js';
import { MAX_ENTRY_BYTES } from '../log/tiles/entry-bundle.js';

/**
 * An event as the ledger stores it; its leaf hash is computed before the database gets it. Facts and the personal part are JSON texts,
 * absent if the event has none; bytes are hexadecimal.
 */
export interface SealedRow {
  /** The whole event. */
  readonly event: AuditEvent;
  /** Its objects and lists by their names in the event, reduced to facts. */
  readonly json: Readonly<Record<string, string>>;
  /** The personal part without the values that have their own columns. */
  readonly personal: string | undefined;
  /** The bits of columns that are personal in this event and facts in others; absent for none. */
  readonly personalColumns: number | undefined;
  /** 16 bytes; absent without a personal part. */
  readonly salt: string | undefined;
  /** 32 bytes; absent without a personal part. */
  readonly commitment: string | undefined;
  /** 32 bytes. */
  readonly leafHash: string;
}

/**
 * Writes each event's facts and its personal part, commits to the latter with a fresh salt, and hashes what is sealed.
 *
 * @param rulesFor returns which details of a type are facts
 * @throws EntryTooLargeError (`AUDIT_ENTRY_TOO_LARGE`) and NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for an event that
 *   the core did not make
 */
export function sealEvents(events: readonly AuditEvent[], rulesFor: (type: string) => FactRules): readonly SealedRow[] {
  return events.map((event) => sealRow(event, rulesFor(event.type), drawSalt()));
}

/** Random bytes for many salts at once, since a draw costs more than a hash; each is used once. */
const salts = Buffer.alloc(SALT_BYTES * 256);
let drawn = salts.length;

/** A fresh salt, in hexadecimal digits. */
function drawSalt(): string {
  if (drawn === salts.length) {
    randomFillSync(salts);
    drawn = 0;
  }
  const start = drawn;
  drawn += SALT_BYTES;
  return salts.toString('hex', start, drawn);
}

function sealRow(event: AuditEvent, rules: FactRules, salt: string): SealedRow {
  const written = writeEvent(event, rules);
  const { fields, behind, tail, personalBits } = written;
  const isPersonal = written.personal.length > 0;
  const personal = personalJson(written.personal);
  if (Buffer.byteLength(personal.whole) > MAX_PERSONAL_BYTES) return sealRow(withoutValues(event), rules, salt);
  const commitment = isPersonal ? commitmentTo(personal.whole, salt) : undefined;
  const entry = sealedJson(written, commitment);
  checkLength(event, entry);
  const leaf = LEAF_PREFIX + entry;
  const leafHash = hash('sha256', leaf, 'hex');
  // Cut from a text that is one piece in memory by now: keeping a batch of texts in pieces would cost more than everything else.
  const json: Record<string, string> = {};
  for (const name in fields) json[name] = cut(leaf, LEAF_PREFIX.length, fields[name]);
  for (const name in behind) json[name] = cut(leaf, leaf.length - tail.length, behind[name]);
  return {
    event,
    json,
    personal: personal.rest === '{}' ? undefined : personal.rest,
    personalColumns: personalBits === 0 ? undefined : personalBits,
    salt: commitment === undefined ? undefined : salt,
    commitment: commitment === undefined ? undefined : hexOf(commitment),
    leafHash,
  };
}

/** Each value is stored with the names that lead to it, so a few long names with many values would become megabytes. */
function withoutValues(event: AuditEvent): AuditEvent {
  const { changes, ...rest } = event;
  return { ...rest, ...(changes && { changes: {} }), details: {}, metadata: {}, truncated: true };
}

function cut(text: string, from: number, range: TextRange = { start: 0, end: 0 }): string {
  return text.slice(from + range.start, from + range.end);
}

/** The byte before a leaf, as in `hashLeaf`. */
const LEAF_PREFIX = '\0';

/** Reused for each event: allocating costs more than hashing. */
const scratch = Buffer.alloc(SALT_BYTES + 3 * MAX_ENTRY_BYTES);

/**
 * The commitment of `commitPersonal`, in base64.
 *
 * @param personal canonical JSON
 * @param salt of 16 bytes, in hexadecimal
 */
function commitmentTo(personal: string, salt: string): string {
  if (personal.length > MAX_ENTRY_BYTES) {
    return hash('sha256', Buffer.concat([Buffer.from(salt, 'hex'), Buffer.from(personal)]), 'base64');
  }
  scratch.write(salt, 'hex');
  const bytes = scratch.write(personal, SALT_BYTES, 'utf8');
  return hash('sha256', scratch.subarray(0, SALT_BYTES + bytes), 'base64');
}

function hexOf(base64: string): string {
  return scratch.toString('hex', 0, scratch.write(base64, 'base64'));
}

/** Checks the length like `encodeEntry`. A character has three bytes at most. */
function checkLength({ id }: AuditEvent, entry: string): void {
  if (entry.length * 3 <= MAX_ENTRY_BYTES) return;
  const bytes = Buffer.byteLength(entry);
  if (bytes > MAX_ENTRY_BYTES) throw new EntryTooLargeError(id, bytes, MAX_ENTRY_BYTES);
}
