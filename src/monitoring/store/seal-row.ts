import { hash } from 'node:crypto';
import { canonicalField, type AuditEvent } from '../../audit/nest-free.js';
import { checkEntryLength, commitText, MAX_PERSONAL_BYTES, SALT_BYTES } from '../proof/sealing/seal-event.js';
import { formatPersonalJson } from '../proof/sealing/personal-values.js';
import type { ClassifiedEvent } from '../proof/sealing/personal-tree.js';
import { writeEvent } from '../proof/sealing/write-event.js';

/** An event as the ledger stores it, with its leaf hash. The facts and the personal part are JSON texts. Bytes are hexadecimal. */
export interface SealedRow {
  readonly event: AuditEvent;
  /** The JSON of the facts that are objects or lists, by field name. */
  readonly json: Readonly<Record<string, string>>;
  /** The personal part, without the values that have their own columns; absent if nothing is left. */
  readonly personal: string | undefined;
  /** The bits of the columns that are personal in this event, but facts in other events; absent if the event has none. */
  readonly personalColumns: number | undefined;
  /** 16 bytes; absent without a personal part. */
  readonly salt: string | undefined;
  /** 32 bytes; absent without a personal part. */
  readonly commitment: string | undefined;
  /** 32 bytes. */
  readonly leafHash: string;
}

/** What the leader remembers of a stored event. An event as a whole would live until the end of the batch, and be copied by each collection of garbage. */
export interface StoredEvent extends Pick<SealedRow, 'leafHash'> {
  readonly event: Pick<AuditEvent, 'id'>;
}

/**
 * Seals a line of the inbox. The same seed and event always give the same row: the salt is the first 16 bytes of SHA-256(seed ‖ id).
 *
 * @param seed 16 random bytes that are stored with the line, and die with it
 * @throws `AUDIT_LINE_INVALID`
 */
export function sealLine(classified: ClassifiedEvent, seed: Uint8Array): SealedRow {
  const digest = hash('sha256', Buffer.concat([seed, Buffer.from(classified.event.id)]), 'hex');
  return sealRow(classified, digest.slice(0, 2 * SALT_BYTES));
}

/**
 * Splits an event into its facts and its personal part, makes the commitment with the salt, and computes the leaf hash.
 *
 * @param salt hexadecimal
 */
export function sealRow({ event, tree }: ClassifiedEvent, salt: string): SealedRow {
  const { fields, personal, personalBits } = writeEvent(event, tree);
  const { whole, rest } = formatPersonalJson(personal);
  if (whole.length * 3 > MAX_PERSONAL_BYTES && Buffer.byteLength(whole) > MAX_PERSONAL_BYTES) {
    const left = new Map(tree);
    for (const name of ['changes', 'details', 'metadata']) left.delete(name);
    return sealRow({ event: omitChangedValues(event), tree: left }, salt);
  }
  const isPersonal = personal.length > 0;
  const commitment = isPersonal ? commitText(whole, Buffer.from(salt, 'hex')) : undefined;
  let leaf = LEAF_PREFIX;
  const ranges: (readonly [name: string, start: number, end: number])[] = [];
  let isCommitted = !isPersonal;
  for (const [{ name, first, next, isShapeless }, text] of fields) {
    if (!isCommitted && name > COMMITMENT.name) {
      leaf += `${COMMITMENT.next}"${commitment}"`; // neither the first nor the last field
      isCommitted = true;
    }
    leaf += (leaf === LEAF_PREFIX ? first : next) + text;
    if (isShapeless) ranges.push([name, leaf.length - text.length, leaf.length]);
  }
  leaf += '}';
  checkEntryLength(event.id, leaf.slice(LEAF_PREFIX.length));
  const leafHash = hash('sha256', leaf, 'hex');
  // These slices share the memory of one flat text. Slices of unflattened texts would cost more than everything else in a batch.
  const json: Record<string, string> = {};
  for (const [name, start, end] of ranges) json[name] = leaf.slice(start, end);
  return {
    event,
    json,
    personal: rest === '{}' ? undefined : rest,
    personalColumns: personalBits === 0 ? undefined : personalBits,
    salt: isPersonal ? salt : undefined,
    commitment: commitment === undefined ? undefined : Buffer.from(commitment, 'base64').toString('hex'),
    leafHash,
  };
}

/** Leaves out the largest fields of an event, because its personal part is too large for the ledger. */
export function omitChangedValues({ changes, ...rest }: AuditEvent): AuditEvent {
  return { ...rest, ...(changes && { changes: {} }), details: {}, metadata: {}, truncated: true };
}

const COMMITMENT = canonicalField('personal');

/** The byte before the entry of a leaf, as in `hashLeaf`. */
const LEAF_PREFIX = '\0';
