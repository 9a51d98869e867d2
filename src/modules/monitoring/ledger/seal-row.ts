import { hash, randomBytes } from 'node:crypto';
import { canonicalJson, type AuditEvent } from '../../../audit/index.js';
import { hashLeaf } from '../integrity/merkle/index.js';
import {
  commitPersonal,
  encodeEntry,
  SALT_BYTES,
  sealFacts,
  splitPersonal,
  type PersonalPart,
} from '../integrity/sealing/index.js';
import { MAX_ENTRY_BYTES } from '../integrity/tiles/index.js';

/** An event as the ledger stores it: its leaf is fixed before the database has it. Bytes are hexadecimal. */
export interface SealedRow {
  /** The whole event. */
  readonly event: AuditEvent;
  /** The event without its personal part. */
  readonly facts: AuditEvent;
  /** The personal part but for what has columns of its own: {@link PERSONAL_COLUMNS}. Absent where nothing is left. */
  readonly personal?: PersonalPart | undefined;
  /** 16 bytes; absent where the event says nothing of persons. */
  readonly salt?: string;
  /** 32 bytes; absent where the event says nothing of persons. */
  readonly commitment?: string;
  /** 32 bytes. */
  readonly leafHash: string;
}

/** Where the values of the columns that are personal stood in the event. */
export const PERSONAL_COLUMNS = {
  actor_name: '/actor/name',
  ip: '/request/ip',
  user_agent: '/request/userAgent',
} as const;

const OWN_COLUMNS: ReadonlySet<string> = new Set(Object.values(PERSONAL_COLUMNS));

/**
 * Splits each event, commits to its personal part with a fresh salt, and hashes what is sealed.
 *
 * @param testFor the test of personal names for an event's type
 * @throws EntryTooLargeError (`AUDIT_ENTRY_TOO_LARGE`) and NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for an event that
 *   the core did not make
 */
export function sealEvents(
  events: readonly AuditEvent[],
  testFor: (type: string) => (name: string) => boolean,
): readonly SealedRow[] {
  const salts = randomBytes(SALT_BYTES * events.length);
  return events.map((event, nth) => {
    const { facts, personal } = splitPersonal(event, testFor(event.type));
    if (!personal) return { event, facts, leafHash: leafHashOf(facts) };
    const salt = salts.subarray(nth * SALT_BYTES, (nth + 1) * SALT_BYTES);
    const commitment = commitmentTo(personal, salt);
    return {
      event,
      facts,
      personal: withoutOwnColumns(personal),
      salt: salt.toString('hex'),
      commitment: Buffer.from(commitment, 'base64').toString('hex'),
      leafHash: leafHashOf(sealFacts(facts, commitment)),
    };
  });
}

function withoutOwnColumns(personal: PersonalPart): PersonalPart | undefined {
  let rest: Record<string, PersonalPart[string]> | undefined;
  for (const pointer in personal) {
    const value = personal[pointer];
    if (value !== undefined && !OWN_COLUMNS.has(pointer)) (rest ??= {})[pointer] = value;
  }
  return rest;
}

/*
 * The bytes to hash are written here, and not into buffers of their own: every event passes, and the garbage of a batch
 * costs more than its hashes. What is too long for it goes by the functions that define the bytes.
 */
const LONGEST_TEXT = MAX_ENTRY_BYTES;
const scratch = Buffer.alloc(SALT_BYTES + 3 * LONGEST_TEXT);

/** As `commitPersonal`. */
function commitmentTo(personal: PersonalPart, salt: Buffer): string {
  const text = canonicalJson(personal);
  if (text.length > LONGEST_TEXT) return commitPersonal(personal, salt);
  salt.copy(scratch);
  const bytes = scratch.write(text, SALT_BYTES, 'utf8');
  return hash('sha256', scratch.subarray(0, SALT_BYTES + bytes), 'base64');
}

/** As `hashLeaf` of `encodeEntry`. */
function leafHashOf(sealed: AuditEvent): string {
  const text = canonicalJson(sealed);
  scratch[0] = 0;
  const bytes = text.length > LONGEST_TEXT ? Infinity : scratch.write(text, 1, 'utf8');
  if (bytes > MAX_ENTRY_BYTES) return Buffer.from(hashLeaf(encodeEntry(sealed))).toString('hex');
  return hash('sha256', scratch.subarray(0, 1 + bytes), 'hex');
}
