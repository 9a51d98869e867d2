import type { AuditInput } from '../../../audit/nest-free.js';
import type { LedgerAccess } from './ledger-access.js';

/** The actions of the events that record reads of the ledger. Each action can have any outcome. */
export const LEDGER_READS = { viewed: 'audit_log_viewed', exported: 'audit_log_exported' } as const;

export const LEDGER_READS_CATEGORY = 'audit_access';

export interface ReadFacts {
  readonly access: LedgerAccess;
  /** The filters of the query, by name, as plain JSON. Filters without a value are absent. */
  readonly filters?: Readonly<Record<string, unknown>>;
  readonly ids?: readonly string[];
  /** How many events were shown. @defaultValue the number of `ids` */
  readonly shown?: number;
  /** Further details, such as an export's format. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/**
 * Builds the input of an event of {@link LEDGER_READS}, for code that records its reads itself. Record the event only if `recordReads` is
 * on. If the reader may see only one tenant, the event belongs to that tenant.
 */
export function describeRead({
  access,
  filters = {},
  ids,
  shown = ids?.length ?? 0,
  more,
}: ReadFacts): Pick<AuditInput, 'category' | 'tenantId' | 'details'> {
  const [tenantId, ...others] = access.scope === 'tenants' ? access.tenantIds : [];
  return {
    category: LEDGER_READS_CATEGORY,
    tenantId: others.length === 0 ? tenantId : undefined,
    details: { access, filters, shown, ...(ids && { ids }), ...more },
  };
}
