const COPIES = Symbol.for('nestjs-audit-ledger:copies');

const shared = globalThis as { [COPIES]?: number }; // our own property, under our own symbol

shared[COPIES] = (shared[COPIES] ?? 0) + 1;

/** Counts the copies of this package that the process has loaded: two versions, or one as ES modules and as CommonJS. */
export function countCopies(): number {
  return shared[COPIES] ?? 1;
}
