import type { AuditInput } from '../../../audit/plain.js';
import type { LedgerAccess } from './ledger-access.js';
import { LEDGER_READS_CATEGORY } from './ledger-reads.js';

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
