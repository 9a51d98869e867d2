import { hash } from 'node:crypto';
import type { AuditEvent } from '../../../audit/nest-free.js';
import { canonicalJson } from '../../../base/json/canonical-json.js';
import { MAX_ENTRY_BYTES } from '../log/tiles/entry-bundle.js';
import type { PersonalPart } from './personal-part.js';
import { proofErrors } from '../log/proof.errors.js';

/** An event as the tree contains it: its facts, and a commitment to its personal part. */
export interface SealedEvent extends AuditEvent {
  /** base64(SHA-256(salt ‖ canonical JSON of the personal part)); absent without a personal part. */
  readonly personal?: string;
}

export const SALT_BYTES = 16;

/** The maximum length of a personal part's canonical JSON, in bytes. */
export const MAX_PERSONAL_BYTES = 4 * 65_536;

/**
 * Computes the commitment to a personal part. An erasure removes the part and the salt, but the sealed event keeps the commitment.
 *
 * @throws `AUDIT_LINE_INVALID` unless the salt is 16 bytes long
 */
export function commitPersonal(personal: PersonalPart, salt: Uint8Array): string {
  if (salt.length !== SALT_BYTES)
    throw proofErrors.AUDIT_LINE_INVALID(`its salt has ${salt.length} bytes, not ${SALT_BYTES}`);
  return commitText(canonicalJson(personal), salt);
}

/** Computes the commitment to a personal part that is canonical JSON already. */
export function commitText(personal: string, salt: Uint8Array): string {
  return hash('sha256', Buffer.concat([salt, Buffer.from(personal)]), 'base64');
}

export function sealFacts(facts: AuditEvent, commitment?: string): SealedEvent {
  return commitment === undefined ? facts : { ...facts, personal: commitment };
}

/**
 * Returns the entry of a sealed event: its canonical JSON (RFC 8785), UTF-8. {@link hashLeaf} of the entry is the leaf hash.
 *
 * @throws `AUDIT_LINE_INVALID` beyond 65,535 bytes. The core limits the JSON of an event to 61,440 bytes. Together
 *   with the commitment, such an event always fits.
 */
export function encodeEntry(sealed: SealedEvent): Uint8Array {
  const entry = canonicalJson(sealed);
  checkEntryLength(sealed.id, entry);
  return Buffer.from(entry);
}

/** Checks the length of an entry's text. @throws `AUDIT_LINE_INVALID` */
export function checkEntryLength(id: string, entry: string): void {
  if (entry.length * 3 <= MAX_ENTRY_BYTES) return; // a UTF-16 code unit takes at most three bytes in UTF-8
  const bytes = Buffer.byteLength(entry);
  if (bytes > MAX_ENTRY_BYTES)
    throw proofErrors.AUDIT_LINE_INVALID(
      `the canonical JSON of the event ${id} has ${bytes} bytes, but an entry can have only ${MAX_ENTRY_BYTES}`,
    );
}
