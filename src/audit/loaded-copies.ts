const COPIES = Symbol.for('nestjs-audit-ledger:copies');

const shared = globalThis as { [COPIES]?: number }; // a property of our own, under a symbol of our own

shared[COPIES] = (shared[COPIES] ?? 0) + 1;

/** How many copies of this package the process has loaded: two versions of it, or one as ES modules and as CommonJS. */
export function countCopies(): number {
  return shared[COPIES] ?? 1;
}
