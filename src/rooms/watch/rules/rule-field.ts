import { nearestName } from '../../../audit/nest-free.js';
import { FIELD_NAMES, fieldFilter, type FieldName } from '../../../monitoring/read/query/field-filters.js';
import { isPath } from '../../../monitoring/read/query/query-parameters.js';
import type { SqlValues } from '../../../monitoring/read/query/sql-values.js';
import { escapeName } from '../../../monitoring/proof/sealing/own-fields.js';

/** The rule field for the country of a request. Events do not have this field, so it is computed from other fields. */
export const COUNTRY = 'country';

/** The option `metadataProvider` records the country in this field. */
const RECORDED_COUNTRY = 'metadata.country';

/** The first field with a value counts: `details.username or details.email`. */
const ALTERNATIVES = / or /;

/** Returns the problem of a field name; `undefined` if the name is valid. */
export function problemOfField(name: string): string | undefined {
  if (rootOf(name)) return isPath(name.slice(name.indexOf('.') + 1)) ? undefined : `${name} is not a path`;
  if (isFieldName(name)) return undefined;
  const nearest = nearestName(name, FIELD_NAMES);
  const hint =
    nearest === undefined
      ? 'write a filter of GET /audit/events, details.<path> or metadata.<path>'
      : `did you mean ${nearest}?`;
  return `${name} is an unknown field (${hint})`;
}

/**
 * Returns the problem of a field by which a rule groups, counts or compares. For such a field, the name `country` and alternatives with
 * "or" are valid, in addition to all other names.
 */
export function problemOfValue(name: string): string | undefined {
  return name
    .split(ALTERNATIVES)
    .map((each) => (each === COUNTRY ? undefined : problemOfField(each)))
    .find((problem) => problem !== undefined);
}

/** Returns the JSON column of a name such as `details.<path>`; `undefined` for other names. */
export function rootOf(name: string): 'details' | 'metadata' | undefined {
  if (name.startsWith('details.')) return 'details';
  return name.startsWith('metadata.') ? 'metadata' : undefined;
}

/** Returns an SQL expression on `audit_event` for the text of a field, including personal values. */
export function textOfValue(name: string, values: SqlValues): string {
  const texts = name.split(ALTERNATIVES).map((each) => `nullif(${textOfField(each, values)}, '')`);
  return texts.length === 1 ? texts.join() : `coalesce(${texts.join(', ')})`;
}

function textOfField(given: string, values: SqlValues): string {
  const name = given === COUNTRY ? RECORDED_COUNTRY : given;
  const root = rootOf(name);
  if (root) {
    const path = name.slice(root.length + 1).split('.');
    const pointer = `/${[root, ...path].map(escapeName).join('/')}`;
    return `coalesce(${root} #>> ${values.place(path)}::text[], personal ->> ${values.place(pointer)}::text)`;
  }
  if (!isFieldName(name)) throw new TypeError(`Cannot group by ${name}: no event has such a field.`);
  const { column, filtered } = fieldFilter(name);
  if (filtered !== undefined) return `${column} ->> '${filtered}'`;
  return column === 'ip' ? 'host(ip)' : `${column}::text`;
}

function isFieldName(name: string): name is FieldName {
  return FIELD_NAMES.some((known) => known === name);
}
