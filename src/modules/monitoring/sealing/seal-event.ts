import { hash } from 'node:crypto';
import { canonicalJson, type AuditEvent } from '../../../audit/plain.js';
import { MAX_ENTRY_BYTES } from '../log/tiles/entry-bundle.js';
import type { PersonalPart } from './personal-part.js';
import { EntryTooLargeError, InvalidSaltError } from './sealing.error.js';

/** An event in the form of the tree: its facts, and a commitment in place of its personal part. */
export interface SealedEvent extends AuditEvent {
  /** base64(SHA-256(salt ‖ canonical JSON of the personal part)); absent if there is no personal part. */
  readonly personal?: string;
}

/** The length of a salt, in bytes. */
export const SALT_BYTES = 16;

/** The maximum length of a personal part's canonical JSON, in bytes. */
export const MAX_PERSONAL_BYTES = 4 * 65_536;

/**
 * Computes the commitment to a personal part. It stays in the sealed event when that part and the salt are erased.
 *
 * @throws InvalidSaltError (`AUDIT_SALT_INVALID`) unless the salt is 16 bytes long
 */
export function commitPersonal(personal: PersonalPart, salt: Uint8Array): string {
  if (salt.length !== SALT_BYTES) throw new InvalidSaltError(salt.length);
  return commitToText(canonicalJson(personal), salt);
}

/** The commitment of {@link commitPersonal} to canonical JSON. */
export function commitToText(personal: string, salt: Uint8Array): string {
  return hash('sha256', Buffer.concat([salt, Buffer.from(personal)]), 'base64');
}

/** The sealed event of facts, with the commitment to its personal part, if it has one. */
export function sealFacts(facts: AuditEvent, commitment?: string): SealedEvent {
  return commitment === undefined ? facts : { ...facts, personal: commitment };
}

/**
 * The entry of a sealed event: its canonical JSON (RFC 8785), UTF-8. {@link hashLeaf} of it is its leaf.
 *
 * @throws EntryTooLargeError (`AUDIT_ENTRY_TOO_LARGE`) beyond 65,535 bytes: never for an event of the core, whose
 *   61,440 bytes of JSON can only grow by the commitment
 */
export function encodeEntry(sealed: SealedEvent): Uint8Array {
  const entry = canonicalJson(sealed);
  checkEntryLength(sealed.id, entry);
  return Buffer.from(entry);
}

/** Checks the length of an entry's text. @throws EntryTooLargeError (`AUDIT_ENTRY_TOO_LARGE`) */
export function checkEntryLength(id: string, entry: string): void {
  if (entry.length * 3 <= MAX_ENTRY_BYTES) return; // a character has three bytes at most
  const bytes = Buffer.byteLength(entry);
  if (bytes > MAX_ENTRY_BYTES) throw new EntryTooLargeError(id, bytes, MAX_ENTRY_BYTES);
}
