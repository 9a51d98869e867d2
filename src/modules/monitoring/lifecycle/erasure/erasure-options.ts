/** Where certificates of erasures are kept outside of the database. */
export interface ErasureFileOptions {
  readonly erasureFile: string;
}

export const ERASURE_OPTIONS = Symbol.for('nestjs-audit-ledger:erasure-options');
