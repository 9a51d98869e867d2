import { buildOwnEvent, type AuditEvent, type AuditInput, type JsonObject } from '../../../audit/plain.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { readState, signState, type StateKind } from './signed-state.js';
import type { StatementSigner } from '../log/notes/statement.js';

/** A statement that the ledger's key signs in one of the ledger's own events. */
export interface EventStatement {
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
