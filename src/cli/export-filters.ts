import { ExportRequestError } from '../modules/monitoring/export/export-request.error.js';
import type { ExportFilters } from '../modules/monitoring/export/ledger-export.js';
import { ExportQuery, FILE_QUERY, filtersOf, fixTimes } from '../modules/monitoring/http/export-query.dto.js';
import { readQuery } from '../modules/monitoring/query/read-query.js';
import { parametersOf } from './parameters-of.js';

/**
 * The filters of an export, of arguments: those that the route takes, by the same rules.
 *
 * @throws ExportRequestError (`AUDIT_EXPORT_REQUEST_INVALID`), InvalidQueryError (`AUDIT_QUERY_INVALID`)
 */
export function exportFilters(given: readonly string[], isResumed: boolean): ExportFilters {
  if (given.length === 0) return {};
  const parameters = parametersOf(given);
  const others = Object.keys(parameters).filter((name) => FILE_QUERY.has(name));
  if (others.length > 0) throw ExportRequestError.noFilter(others);
  // Of a resumed one, as over HTTP: a time like -24h would be another one now.
  return filtersOf(fixTimes(readQuery(ExportQuery, isResumed ? { ...parameters, mark: '0' } : parameters)));
}
