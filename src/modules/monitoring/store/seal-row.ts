import { hash, randomBytes } from 'node:crypto';
import { canonicalField, type AuditEvent, type FactRules } from '../../../audit/plain.js';
import { checkEntryLength, commitToText, MAX_PERSONAL_BYTES, SALT_BYTES } from '../sealing/seal-event.js';
import { personalJson } from '../sealing/personal-values.js';
import { writeEvent, type WrittenEvent } from '../sealing/write-event.js';

/**
 * An event as the ledger stores it; its leaf hash is computed before the database gets it. Facts and the personal part are JSON texts,
 * absent if the event has none; bytes are hexadecimal.
 */
export interface SealedRow {
  /** The whole event. */
  readonly event: AuditEvent;
  /** The event's objects and lists by their names in the event, reduced to facts. */
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
  const salts = randomBytes(SALT_BYTES * events.length); // a draw costs more than a hash
  return events.map((event, nth) =>
    sealRow(event, rulesFor(event.type), salts.subarray(nth * SALT_BYTES, (nth + 1) * SALT_BYTES)),
  );
}

function sealRow(event: AuditEvent, rules: FactRules, salt: Buffer): SealedRow {
  const written = writeEvent(event, rules);
  const isPersonal = written.personal.length > 0;
  const personal = personalJson(written.personal);
  if (Buffer.byteLength(personal.whole) > MAX_PERSONAL_BYTES) return sealRow(withoutValues(event), rules, salt);
  const commitment = isPersonal ? commitToText(personal.whole, salt) : undefined;
  let leaf = LEAF_PREFIX;
  const ranges: (readonly [name: string, start: number, end: number])[] = [];
  for (const [{ name, first, next, isShapeless }, text] of withCommitment(written.fields, commitment)) {
    leaf += (leaf === LEAF_PREFIX ? first : next) + text;
    if (isShapeless) ranges.push([name, leaf.length - text.length, leaf.length]);
  }
  leaf += '}';
  checkEntryLength(event.id, leaf.slice(LEAF_PREFIX.length));
  const leafHash = hash('sha256', leaf, 'hex');
  // Cut from a text that is one piece in memory by now: keeping a batch of texts in pieces would cost more than everything else.
  const json = Object.fromEntries(ranges.map(([name, start, end]) => [name, leaf.slice(start, end)]));
  return {
    event,
    json,
    personal: personal.rest === '{}' ? undefined : personal.rest,
    personalColumns: written.personalBits === 0 ? undefined : written.personalBits,
    salt: isPersonal ? salt.toString('hex') : undefined,
    commitment: commitment === undefined ? undefined : Buffer.from(commitment, 'base64').toString('hex'),
    leafHash,
  };
}

/** Each value is stored with the names that lead to it, so a few long names with many values would become megabytes. */
function withoutValues(event: AuditEvent): AuditEvent {
  const { changes, ...rest } = event;
  return { ...rest, ...(changes && { changes: {} }), details: {}, metadata: {}, truncated: true };
}

const COMMITMENT = { ...canonicalField('personal'), isShapeless: false };

/** Puts the commitment at its place among the fields. */
function withCommitment(fields: WrittenEvent['fields'], commitment: string | undefined): WrittenEvent['fields'] {
  if (commitment === undefined) return fields;
  const behind = fields.findIndex(([{ name }]) => name > COMMITMENT.name);
  return fields.toSpliced(behind, 0, [COMMITMENT, `"${commitment}"`]); // `schemaVersion` and others are behind it
}

/** The byte before a leaf, as in `hashLeaf`. */
const LEAF_PREFIX = '\0';
