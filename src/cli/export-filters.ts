import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { ExportRequestError, type ExportFilters } from '../modules/monitoring/export/index.js';
import { ExportQuery, FILE_QUERY, filtersOf } from '../modules/monitoring/http/export-query.dto.js';

/**
 * The filters of an export, of texts `NAME=VALUE`: those that the route takes, by the same rules.
 *
 * @throws ExportRequestError (`AUDIT_EXPORT_REQUEST_INVALID`) naming every wrong one
 */
export function exportFilters(given: readonly string[]): ExportFilters {
  const values = new Map<string, string[]>();
  for (const each of given) {
    const [name = '', ...rest] = each.split('=');
    values.set(name, [...(values.get(name) ?? []), rest.join('=')]);
  }
  const plain = Object.fromEntries(Array.from(values, ([name, all]) => [name, all.length > 1 ? all : all[0]]));
  const query = plainToInstance(ExportQuery, plain);
  const problems = validateSync(query, { whitelist: true, forbidNonWhitelisted: true });
  const others = [...values.keys()].filter((name) => FILE_QUERY.has(name));
  if (problems.length > 0 || others.length > 0) {
    throw ExportRequestError.wrongFilters([
      ...problems.flatMap(({ constraints = {} }) => Object.values(constraints)),
      ...others.map((name) => `${name} is no filter`),
    ]);
  }
  return filtersOf(query);
}
