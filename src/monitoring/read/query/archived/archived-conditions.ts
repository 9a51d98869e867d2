import type { LedgerAccess } from '../../access/ledger-access.js';
import { addressesOf } from '../../../keep/archive/address-key.js';
import { factColumn, PERSONAL_COLUMNS } from '../../../store/personal-columns.js';
import { conditionsThat, isAnyOf, type FilterDialect } from '../filter-sql.js';
import type { Predicate } from '../predicates.js';
import type { SqlValues } from '../sql-values.js';
import { readErrors } from '../../../errors/read.errors.js';

/** SQL conditions for DuckDB on the columns of an archive. */
export interface ArchivedConditions {
  /** True for every match, and for some other rows. With these conditions, DuckDB skips most other rows without reading the rows. */
  readonly all: readonly string[];
  /** True if the event matches in its archived form. */
  readonly whole: string;
  /** True if the event matches without its personal part. Used for an erased event whose archive is not rewritten yet. */
  readonly erased: string;
}

const WHOLE: FilterDialect = {
  column: memberOf,
  isWithin: (address, network, values) => {
    const { first, last } = addressesOf(network);
    return `${address} BETWEEN ${values.place(first)} AND ${values.place(last)}`;
  },
  isSpelt: (text, pattern) => `regexp_matches(${text}, ${pattern})`,
  holds: (condition) => condition, // `then` is never given, because refuseForArchives() refuses `q`
};

/** Treats personal values as absent. */
const ERASED: FilterDialect = {
  ...WHOLE,
  column: (name, member) =>
    PERSONAL_COLUMNS.some((each) => each.name === name) ? 'NULL::VARCHAR' : memberOf(`(${factColumn(name)})`, member),
};

function memberOf(value: string, member?: string): string {
  return member === undefined ? value : `(${value}->>'${member}')`; // DuckDB binds ->> less tightly than =
}

export function archivedConditions(
  predicates: readonly Predicate[],
  access: LedgerAccess,
  values: SqlValues,
): ArchivedConditions {
  const by = (dialect: FilterDialect): string =>
    ['true', ...conditionsThat(predicates, access, values, dialect), ...isFor(access, values, dialect)].join(' AND ');
  // An erased event matches fewer filters than before, but may match more filters with `ne`.
  const all = predicates.flatMap((each) =>
    conditionsThat([each], access, values, each.on === 'field' && each.isNot ? ERASED : WHOLE),
  );
  return { all: [...all, ...isFor(access, values, WHOLE)], whole: `(${by(WHOLE)})`, erased: `(${by(ERASED)})` };
}

/**
 * Refuses predicates that the columns of archives cannot answer.
 *
 * @throws `AUDIT_QUERY_INVALID`
 */
export function refuseForArchives(predicates: readonly Predicate[]): void {
  const names = predicates.flatMap((predicate) => {
    if (predicate.on === 'field' || predicate.on === 'time') return [];
    if (predicate.on === 'path') return `${predicate.root}.${predicate.path.join('.')}`;
    return predicate.on === 'words' ? 'q' : predicate.on;
  });
  if (names.length === 0) return;
  throw readErrors.AUDIT_QUERY_INVALID([
    `archived=true does not filter by ${[...new Set(names)].join(', ')}: filter by the event's own fields and by time, and read ` +
      'details, metadata and changes in the results',
  ]);
}

function isFor(access: LedgerAccess, values: SqlValues, { column }: FilterDialect): readonly string[] {
  switch (access.scope) {
    case 'all':
      return [];
    case 'tenants':
      return [isAnyOf('tenant_id', access.tenantIds, values)];
    case 'subject': {
      const id = values.place(access.subjectId);
      const isResource = `(resource_type = 'user' AND ${column('resource_id')} = ${id})`;
      return [`(${column('actor_id')} = ${id} OR ${column('on_behalf_of', 'id')} = ${id} OR ${isResource})`];
    }
  }
}
