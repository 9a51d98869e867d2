import { buildOwnEvent, type AuditEvent, type AuditInput, type JsonObject } from '../../../audit/plain.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { readState, signState, type StateKind } from './signed-state.js';
import type { StatementSigner } from '../log/notes/statement.js';

/** What the ledger's key states in an event of the ledger's own. */
export interface EventStatement {
  readonly kind: StateKind;
  /** With what it is of, and without `eventId`. */
  readonly statement: Readonly<Record<string, unknown>>;
}

/**
 * An event of the ledger's own whose detail `note` is signed over a statement and the event's id: whoever may add events can neither make
 * one nor copy it.
 */
export function signedEvent(
  signer: StatementSigner,
  statement: EventStatement,
  name: string,
  input: AuditInput,
): AuditEvent {
  return withNote(signer, statement, buildOwnEvent(name, input));
}

/** The same of an event that is made already. */
export function withNote(signer: StatementSigner, { kind, statement }: EventStatement, event: AuditEvent): AuditEvent {
  const note = signState(signer, kind, { ...statement, eventId: event.id });
  return Object.freeze({ ...event, details: { ...event.details, note } });
}

/** What the ledger's key states in an event; `undefined` where it does not, or in another one. */
export function statementIn(
  { id, note }: Readonly<Record<string, unknown>>,
  kind: StateKind,
  trust: CheckpointTrust,
): JsonObject | undefined {
  const { eventId, ...statement } = readState(String(note), kind, trust) ?? {};
  return eventId === id ? statement : undefined;
}
