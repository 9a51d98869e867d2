import type { AuthorizeLedger } from './ledger-access.js';

/** Who may see which part of the ledger. */
export interface AccessOptions {
  readonly authorize: AuthorizeLedger;
  readonly publicCheckpoints: boolean;
  readonly publicMetrics: boolean;
  readonly metricsToken?: string | undefined;
  readonly recordReads: boolean;
}

export const ACCESS_OPTIONS = Symbol.for('nestjs-audit-ledger:access-options');
