import { Audited, AuditContext, type AuditedOptions } from '../../audit/index.js';
import { describeRead, LEDGER_READS_CATEGORY, LEDGER_READS, type ReadFacts } from '../read/access/own-events.js';

const unrecordedRequests = new WeakSet<object>();

/**
 * Records each call of a route that reads the ledger as an event, even if a guard refuses the call. The response does not fail if the event
 * cannot be recorded. The handler must call {@link noteRead} with the facts of the read.
 */
export function AuditedRead(read: keyof typeof LEDGER_READS): MethodDecorator & ClassDecorator {
  return Audited(LEDGER_READS[read], {
    category: LEDGER_READS_CATEGORY,
    onFailure: 'open',
    when: ({ request }) => !unrecordedRequests.has(request),
  });
}

/** Omits the event for this request, for example because the handler records the read itself. */
export function skipReadRecord(request: object): void {
  unrecordedRequests.add(request);
}

/** Adds the facts of a read to the event of this request. Outside of a request, this function does nothing. */
export function noteRead(facts: ReadFacts): void {
  const { tenantId, details } = describeRead(facts);
  AuditContext.annotate({ details });
  if (tenantId !== undefined) AuditContext.set({ tenantId });
}

/** Records only denials and failures, for handlers that record successes themselves. */
export const RECORD_ONLY_FAILURES: AuditedOptions = {
  when: ({ result }) => (result as unknown) === undefined, // `undefined` after a refusal, although the type excludes that
};
