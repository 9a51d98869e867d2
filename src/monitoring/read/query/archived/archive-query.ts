/** The default limits. Commands load them without the library that checks options. */
export const ARCHIVE_QUERY = { threads: 2, memoryMb: 512, timeoutMs: 20_000 } as const;

export type ResolvedArchiveQuery = Readonly<Record<keyof typeof ARCHIVE_QUERY, number>>;

export interface ArchiveQuerySlice {
  readonly archiveQuery: ResolvedArchiveQuery;
}

export const ARCHIVE_QUERY_OPTIONS = Symbol.for('nestjs-audit-ledger:archive-query-options');
