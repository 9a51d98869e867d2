import type { LedgerAccess } from 'nestjs-audit-ledger/monitoring';

/** Who may see what of the ledger: this application has one auditor, who may see everything. */
export function resolveAccess(request: unknown): LedgerAccess | false {
  const { headers } = request as { headers: Record<string, string | undefined> };
  return headers.authorization === 'Bearer of-an-auditor' && { scope: 'all' };
}
