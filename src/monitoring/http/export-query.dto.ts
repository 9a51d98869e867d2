import { EXPORT_FORMATS, type ExportFormat } from '../read/export/export-format.js';
import type { ExportFilters } from '../read/export/ledger-export.js';
import { EventFilters } from '../read/query/event-query.dto.js';
import { Parameter } from '../read/query/query-parameters.js';
import { isAgo } from '../read/query/query-times.js';
import { resolveOptionalRange } from '../read/query/time-range.js';
import { readErrors } from '../errors/read.errors.js';

/** The query of `GET /audit/export`: the filters of `GET /audit/events`, and the options of the file. */
export class ExportQuery extends EventFilters {
  @Parameter({ enum: EXPORT_FORMATS })
  readonly format: ExportFormat = 'jsonl';

  @Parameter({ type: Boolean, description: 'Whether the file is a .gz' })
  readonly gzip: boolean = false;

  @Parameter({ type: Boolean, description: 'Whether each event has its inclusion proof; format jsonl only' })
  readonly proofs: boolean = false;

  @Parameter({
    type: Boolean,
    description: 'Whether the file begins with a byte order mark, which Excel needs; format csv only',
  })
  readonly bom: boolean = false;

  @Parameter({
    type: Number,
    minimum: 0,
    description: 'The value of the header Audit-Export-Tree-Size of the export to resume',
  })
  readonly treeSize?: number;

  @Parameter({ type: Number, minimum: 0, description: 'The number of bytes that you already have' })
  readonly offset: number = 0;
}

/**
 * Replaces relative times such as `-7d` with absolute times, because an export may be resumed later, and the manifest contains the filters.
 *
 * @throws `AUDIT_QUERY_INVALID`
 */
export function resolveRelativeTimes(query: ExportQuery): ExportQuery {
  const { treeSize, offset } = query;
  const ago = (['from', 'to'] as const).filter((name) => isAgo(query[name]));
  if (ago.length > 0 && (treeSize !== undefined || offset > 0)) {
    throw readErrors.AUDIT_QUERY_INVALID([
      `${ago.join(' and ')} must be an absolute time to resume an export: repeat the filters of its manifest`,
    ]);
  }
  const range = resolveOptionalRange(query);
  const fixed = ago.map((name) => [name, range[name]?.toISOString()]);
  return Object.assign(query, Object.fromEntries(fixed) as object);
}

/** Lists the parameters that do not select events. */
export const FILE_QUERY: ReadonlySet<string> = new Set(['format', 'gzip', 'proofs', 'bom', 'treeSize', 'offset']);

export function toExportFilters(query: ExportQuery): ExportFilters {
  const input: [string, unknown][] = Object.entries(query);
  return Object.fromEntries(input.filter(([name, value]) => value !== undefined && !FILE_QUERY.has(name)));
}
