import type { ExportFilters } from '../../monitoring/read/export/ledger-export.js';
import { ExportQuery, FILE_QUERY, filtersOf, fixTimes } from '../../monitoring/http/export-query.dto.js';
import { readQuery } from '../../monitoring/read/query/parse-query.js';
import { parametersOf } from '../parameters-of.js';
import { readErrors } from '../../monitoring/errors/read.errors.js';

/**
 * Reads the filters of an export from arguments, by the same rules as the HTTP route for exports.
 *
 * @throws `AUDIT_EXPORT_REQUEST_INVALID`, `AUDIT_QUERY_INVALID`
 */
export function exportFilters(given: readonly string[], isResumed: boolean): ExportFilters {
  if (given.length === 0) return {};
  const parameters = parametersOf(given);
  const others = Object.keys(parameters).filter((name) => FILE_QUERY.has(name));
  if (others.length > 0) throw readErrors.AUDIT_EXPORT_REQUEST_INVALID.noFilter(others);
  // A resumed export refuses relative times, as the HTTP route does, because -24h now means another time.
  return filtersOf(fixTimes(readQuery(ExportQuery, isResumed ? { ...parameters, mark: '0' } : parameters)));
}
