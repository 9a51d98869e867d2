import { canonicalJson, type AuditEvent } from '../../../audit/nest-free.js';
import { OWN_FACTS } from '../../read/access/own-events.js';
import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { statementIn, withNote } from './signed-state.js';
import type { StatementSigner } from '../../proof/log/notes/statement.js';

type Reply = Pick<AuditEvent, 'id' | 'type' | 'tenantId' | 'resource' | 'details'>;

/**
 * The types of answers: events by which a person answers an alert or a review. An answer changes what the ledger does: it stops a reminder,
 * closes an alert, or suppresses alerts. So the ledger's key signs the content of each answer, and the event contains the signed note.
 * Without this note, the leader does not seal the answer, which then has no effect.
 */
export const REPLY_TYPES: ReadonlySet<string> = new Set([
  ...['alert_acknowledged', 'alert_resolved', 'alert_suppression_started', 'alert_suppression_ended'],
  ...['review_commented', 'review_signed_off', 'audit_event_reviewed', 'audit_event_commented'],
]);

/** Adds a note signed with the ledger's key to an answer. Returns any other event unchanged. */
export async function signReply(signer: StatementSigner, event: AuditEvent): Promise<AuditEvent> {
  return REPLY_TYPES.has(event.type) ? withNote(signer, { kind: 'answer', statement: factsOf(event) }, event) : event;
}

/** Whether the ledger's key signed the present content of an answer, without the parts that an erasure removes. */
export function isSignedReply(event: Reply, trust: CheckpointTrust): boolean {
  const { note } = event.details as { readonly note?: unknown };
  const stated = statementIn({ id: event.id, note }, 'answer', trust);
  return stated !== undefined && canonicalJson(stated) === canonicalJson(factsOf(event));
}

/**
 * Returns the SQL condition that an answer is in the log. The leader refuses unsigned answers.
 *
 * @param event the alias of the answer's row
 */
export function countsAsReply(event: string): string {
  return `EXISTS (SELECT FROM audit_leaf WHERE event_id = ${event}.id)`;
}

/** The resource id of a day contains the reviewer's id, so the resource id is omitted. `details` contains the day. */
function factsOf({ type, tenantId, resource, details }: Reply) {
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
