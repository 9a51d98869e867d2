import { Audited, AuditContext } from '../../../audit/index.js';
import { describeRead, type ReadFacts } from '../access/describe-read.js';
import { LEDGER_READS_CATEGORY, type LedgerRead } from '../access/ledger-reads.js';

const UNRECORDED = new WeakSet<object>();

/**
 * Makes an event of each call of a route that reads the ledger, also where a guard refuses it. The response does not wait for
 * it, and nothing that goes wrong with it reaches the reader. The handler says by {@link noteRead} what it showed.
 */
export function AuditedRead(name: LedgerRead): MethodDecorator & ClassDecorator {
  return Audited(name, {
    category: LEDGER_READS_CATEGORY,
    delivery: 'buffered',
    onFailure: 'open',
    when: ({ request }) => !UNRECORDED.has(request),
  });
}

/** Makes no event of this request from here on: its reads are not recorded, or its handler records them itself. */
export function leaveUnrecorded(request: object): void {
  UNRECORDED.add(request);
}

/** Tells the event of this request what its handler showed. Outside of a request: no effect. */
export function noteRead(facts: ReadFacts): void {
  const { tenantId, details } = describeRead(facts);
  AuditContext.annotate({ details });
  if (tenantId !== undefined) AuditContext.set({ tenantId });
}
