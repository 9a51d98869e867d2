import { buildOwnEvent, type AuditEvent, type AuditInput, type JsonObject } from '../../../audit/plain.js';
import { unlessRefused } from '../errors/unless-refused.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { formatStatement, readStatement, type StatementSigner } from '../log/notes/statement.js';

/** A kind of state that a row keeps, so that the application can resume from it. */
type StateKind =
  | 'erasure-progress'
  | 'kept-before'
  | 'stream-cursor'
  | 'watch-cursor'
  | 'review'
  | 'review-alert'
  | 'canary'
  | 'canary-alert'
  | 'answer';

/**
 * Signs the state that the application keeps in a row to resume from: only the ledger's key can write it. Somebody who can write the row
 * can put an earlier state back, so it must be harmless to repeat the work that follows from a state.
 *
 * @param state includes its subject, so that no note passes for another's; fields that are `undefined` are left out
 */
export function signState(
  { signText, trust }: StatementSigner,
  kind: StateKind,
  state: Readonly<Record<string, unknown>>,
): string {
  return signText(formatStatement(kind, trust.origin, state));
}

/** Reads a note of {@link signState}; `undefined` unless a known key of this ledger signed it as this kind. */
export function readState(note: string, kind: StateKind, trust: CheckpointTrust): JsonObject | undefined {
  return unlessRefused(() => readStatement(note, kind, trust) as JsonObject); // signed, so it is what signState wrote
}

/** A statement that the ledger's key signs in one of the ledger's own events. */
interface EventStatement {
  readonly kind: StateKind;
  /** Includes its subject, but not `eventId`. */
  readonly statement: Readonly<Record<string, unknown>>;
}

/**
 * Builds an event of the ledger's own whose detail `note` is signed over a statement and the event's id. So somebody who may add events can
 * neither forge nor copy it.
 */
export function signedEvent(
  signer: StatementSigner,
  statement: EventStatement,
  name: string,
  input: AuditInput,
): AuditEvent {
  return withNote(signer, statement, buildOwnEvent(name, input));
}

/** Adds the same signed note to an event that exists already. */
export function withNote(signer: StatementSigner, { kind, statement }: EventStatement, event: AuditEvent): AuditEvent {
  const note = signState(signer, kind, { ...statement, eventId: event.id });
  return Object.freeze({ ...event, details: { ...event.details, note } });
}

/**
 * Reads the statement that the ledger's key signed in an event; `undefined` if the event has none, or the note was signed for another
 * event.
 */
export function statementIn(
  { id, note }: Readonly<Record<string, unknown>>,
  kind: StateKind,
  trust: CheckpointTrust,
): JsonObject | undefined {
  const { eventId, ...statement } = readState(String(note), kind, trust) ?? {};
  return eventId === id ? statement : undefined;
}
