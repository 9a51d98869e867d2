import { ExportRequestError } from '../modules/monitoring/export/export-request.error.js';
import type { ExportFilters } from '../modules/monitoring/export/ledger-export.js';
import { ExportQuery, FILE_QUERY, filtersOf, fixTimes } from '../modules/monitoring/http/export-query.dto.js';
import { readQuery } from '../modules/monitoring/query/parse-query.js';
import { parametersOf } from './parameters-of.js';

/**
 * Reads the filters of an export from arguments: the filters of the route, by the same rules.
 *
 * @throws ExportRequestError (`AUDIT_EXPORT_REQUEST_INVALID`), InvalidQueryError (`AUDIT_QUERY_INVALID`)
 */
export function exportFilters(given: readonly string[], isResumed: boolean): ExportFilters {
  if (given.length === 0) return {};
  const parameters = parametersOf(given);
  const others = Object.keys(parameters).filter((name) => FILE_QUERY.has(name));
  if (others.length > 0) throw ExportRequestError.noFilter(others);
  // For a resumed export, as over HTTP: a time like -24h would mean another time now.
  return filtersOf(fixTimes(readQuery(ExportQuery, isResumed ? { ...parameters, mark: '0' } : parameters)));
}
