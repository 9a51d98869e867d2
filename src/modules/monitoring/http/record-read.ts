import { Audited, AuditContext, type AuditedOptions } from '../../../audit/index.js';
import { describeRead, LEDGER_READS_CATEGORY, LEDGER_READS, type ReadFacts } from '../access/ledger-reads.js';

const UNRECORDED = new WeakSet<object>();

/**
 * Records each call of a route that reads the ledger as an event, even if a guard refuses it. The response does not wait for it, and its
 * errors do not reach the reader. The handler reports by {@link noteRead} what it showed.
 */
export function AuditedRead(read: keyof typeof LEDGER_READS): MethodDecorator & ClassDecorator {
  return Audited(LEDGER_READS[read], {
    category: LEDGER_READS_CATEGORY,
    delivery: 'buffered',
    onFailure: 'open',
    when: ({ request }) => !UNRECORDED.has(request),
  });
}

/** Stops the recording of this request: its reads are not recorded, or its handler records them itself. */
export function leaveUnrecorded(request: object): void {
  UNRECORDED.add(request);
}

/** Adds what the handler showed to the event of this request. Outside of a request, it does nothing. */
export function noteRead(facts: ReadFacts): void {
  const { tenantId, details } = describeRead(facts);
  AuditContext.annotate({ details });
  if (tenantId !== undefined) AuditContext.set({ tenantId });
}

/** Records denials and failures; successes are recorded where they happen. */
export const ONLY_REFUSALS: AuditedOptions = {
  when: ({ result }) => (result as unknown) === undefined, // its type leaves out that there may be none
};
