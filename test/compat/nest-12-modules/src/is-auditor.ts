/** Who may read the ledger. */
export function isAuditor(request: unknown): boolean {
  const { headers } = request as { headers: Record<string, string | undefined> };
  return headers.authorization === 'Bearer of-an-auditor';
}
