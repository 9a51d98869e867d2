import { canonicalJson, type AuditEvent } from '../../../audit/plain.js';
import { OWN_FACTS } from '../access/own-events.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { statementIn, withNote } from './signed-state.js';
import type { StatementSigner } from '../log/notes/statement.js';

/** The fields of an answer, apart from who gave it. */
type Answer = Pick<AuditEvent, 'id' | 'type' | 'tenantId' | 'resource' | 'details'>;

/**
 * The events by which people answer the ledger. The ledger acts on them: it stops reminding of a day, closes an alert, or raises none. So
 * each carries a note that the ledger's key signed over its content. Without this note, the leader leaves the event out of the log, and it
 * has no effect.
 */
export const ANSWER_TYPES: ReadonlySet<string> = new Set([
  ...['alert_acknowledged', 'alert_resolved', 'alert_suppression_started', 'alert_suppression_ended'],
  ...['review_commented', 'review_signed_off', 'audit_event_reviewed', 'audit_event_commented'],
]);

/** Adds the note of the ledger's key to an event that is an answer; returns any other event unchanged. */
export function signAnswer(signer: StatementSigner, event: AuditEvent): AuditEvent {
  return ANSWER_TYPES.has(event.type) ? withNote(signer, { kind: 'answer', statement: factsOf(event) }, event) : event;
}

/** Whether the ledger's key signed an answer in its present form. Parts that an erasure removed do not count. */
export function isSignedAnswer(event: Answer, trust: CheckpointTrust): boolean {
  const { note } = event.details as { readonly note?: unknown };
  const stated = statementIn({ id: event.id, note }, 'answer', trust);
  return stated !== undefined && canonicalJson(stated) === canonicalJson(factsOf(event));
}

/**
 * A SQL condition: whether an answer has its place in the log, or waits for it. The leader refuses the others.
 *
 * @param event the alias of its row
 */
export function countsAsAnswer(event: string): string {
  return `(EXISTS (SELECT FROM audit_leaf WHERE event_id = ${event}.id)
       OR EXISTS (SELECT FROM audit_unsequenced WHERE ${event}.id = ANY (event_ids)))`;
}

/** The parts that an erasure leaves. The id of a day goes with its reviewer, but the details name the day as well. */
function factsOf({ type, tenantId, resource, details }: Answer) {
  const facts = new Set(OWN_FACTS[type]);
  facts.delete('note');
  const stated = Object.entries(details).filter(([name]) => facts.has(name));
  return {
    type,
    ...(tenantId !== undefined && { tenantId }),
    ...(resource && resource.type !== 'audit_day' && { resourceId: resource.id }),
    details: Object.fromEntries(stated),
  };
}
