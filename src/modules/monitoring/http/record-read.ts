import { Audited, AuditContext, type AuditInput } from '../../../audit/index.js';
import { LEDGER_READS_CATEGORY, type LedgerAccess, type LedgerRead } from '../access/index.js';

/** What somebody was shown of the ledger. */
export interface ReadFacts {
  readonly access: LedgerAccess;
  /** What was asked for, as far as it was said: plain JSON, by the names of the query. */
  readonly filters?: Readonly<Record<string, unknown>>;
  /** How many events were shown. */
  readonly shown: number;
  /** More to say, such as an export's format. */
  readonly more?: Readonly<Record<string, unknown>>;
}

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

/**
 * What an event of {@link LEDGER_READS} says, for those who record one themselves: with `delivery: 'buffered'`, and not where
 * `recordReads` is off. It belongs to a tenant when the reader may see that one alone.
 */
export function describeRead({
  access,
  filters = {},
  shown,
  more,
}: ReadFacts): Pick<AuditInput, 'category' | 'tenantId' | 'details'> {
  const [tenantId, ...others] = access.scope === 'tenants' ? access.tenantIds : [];
  return {
    category: LEDGER_READS_CATEGORY,
    tenantId: others.length === 0 ? tenantId : undefined,
    details: { access, filters, shown, ...more },
  };
}
