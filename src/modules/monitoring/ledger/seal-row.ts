import type { AuditEvent } from '../../../audit/index.js';
import { hashLeaf } from '../integrity/merkle/index.js';
import {
  commitPersonal,
  encodeEntry,
  makeSalt,
  sealFacts,
  splitPersonal,
  type PersonalPart,
} from '../integrity/sealing/index.js';

/** An event as the ledger stores it: its leaf is fixed before the database has it. */
export interface SealedRow {
  /** The whole event. */
  readonly event: AuditEvent;
  /** The event without its personal part. */
  readonly facts: AuditEvent;
  /** The personal part but for what has columns of its own: {@link PERSONAL_COLUMNS}. Absent where nothing is left. */
  readonly personal?: PersonalPart;
  /** 16 bytes; absent where the event says nothing of persons. */
  readonly salt?: Uint8Array;
  /** 32 bytes; absent where the event says nothing of persons. */
  readonly commitment?: Uint8Array;
  /** 32 bytes. */
  readonly leafHash: Uint8Array;
}

/** Where the values of the columns that are personal stood in the event. */
export const PERSONAL_COLUMNS = {
  actor_name: '/actor/name',
  ip: '/request/ip',
  user_agent: '/request/userAgent',
} as const;

const OWN_COLUMNS: ReadonlySet<string> = new Set(Object.values(PERSONAL_COLUMNS));

/**
 * Splits an event, commits to its personal part with a fresh salt, and hashes what is sealed.
 *
 * @param isPersonalName the test of names for the event's type
 * @throws EntryTooLargeError (`AUDIT_ENTRY_TOO_LARGE`) and NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for an event that
 *   the core did not make
 */
export function sealRow(event: AuditEvent, isPersonalName: (name: string) => boolean): SealedRow {
  const { facts, personal } = splitPersonal(event, isPersonalName);
  if (!personal) return { event, facts, leafHash: hashLeaf(encodeEntry(facts)) };
  const salt = makeSalt();
  const commitment = commitPersonal(personal, salt);
  const rest = Object.entries(personal).filter(([pointer]) => !OWN_COLUMNS.has(pointer));
  return {
    event,
    facts,
    ...(rest.length > 0 ? { personal: Object.fromEntries(rest) } : {}),
    salt,
    commitment: Buffer.from(commitment, 'base64'),
    leafHash: hashLeaf(encodeEntry(sealFacts(facts, commitment))),
  };
}
