import { ExportRequestError } from '../modules/monitoring/export/export-request.error.js';
import type { ExportFilters } from '../modules/monitoring/export/ledger-export.js';
import { parametersOf } from './parameters-of.js';

/**
 * The filters of an export, of texts `NAME=VALUE`: those that the route takes, by the same rules.
 *
 * @throws ExportRequestError (`AUDIT_EXPORT_REQUEST_INVALID`), InvalidQueryError (`AUDIT_QUERY_INVALID`)
 */
export async function exportFilters(given: readonly string[], isResumed: boolean): Promise<ExportFilters> {
  if (given.length === 0) return {};
  // Loaded on demand: what describes the route takes tens of megabytes.
  const { ExportQueryPipe, FILE_QUERY, filtersOf } = await import('../modules/monitoring/http/export-query.dto.js');
  const parameters = parametersOf(given);
  const others = Object.keys(parameters).filter((name) => FILE_QUERY.has(name));
  if (others.length > 0) throw ExportRequestError.noFilter(others);
  // Of a resumed one, as over HTTP: a time like -24h would be another one now.
  return filtersOf(new ExportQueryPipe().transform(isResumed ? { ...parameters, mark: '0' } : parameters));
}
