import { hash, randomBytes } from 'node:crypto';
import type { AuditEvent, FactRules } from '../../../audit/plain.js';
import { checkEntryLength, commitToText, MAX_PERSONAL_BYTES, SALT_BYTES } from '../sealing/seal-event.js';
import { personalJson } from '../sealing/personal-values.js';
import { sealedJson, writeEvent, type TextRange } from '../sealing/write-event.js';

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
  return events.map((event) => sealRow(event, rulesFor(event.type)));
}

function sealRow(event: AuditEvent, rules: FactRules): SealedRow {
  const written = writeEvent(event, rules);
  const { fields, behind, tail, personalBits } = written;
  const isPersonal = written.personal.length > 0;
  const personal = personalJson(written.personal);
  if (Buffer.byteLength(personal.whole) > MAX_PERSONAL_BYTES) return sealRow(withoutValues(event), rules);
  const salt = isPersonal ? randomBytes(SALT_BYTES) : undefined;
  const commitment = salt && commitToText(personal.whole, salt);
  const entry = sealedJson(written, commitment);
  checkEntryLength(event.id, entry);
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
    salt: salt?.toString('hex'),
    commitment: commitment === undefined ? undefined : Buffer.from(commitment, 'base64').toString('hex'),
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
