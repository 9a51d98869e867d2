import type { LedgerAccess } from '../access/ledger-access.js';
import { buildIsAny } from './filter-sql.js';
import type { SqlValues } from './sql-values.js';
import { hasCode } from '../../../audit/nest-free.js';

/** The parts of an SQL query for the events that a caller may see. */
export interface EventSource {
  readonly access: LedgerAccess;
  readonly columns: string;
  readonly conditions: readonly string[];
  /** The SQL text at the end of each subquery and of the whole query: for example `ORDER BY id DESC LIMIT 51`. */
  readonly tail?: string;
  /** The text after the table's name: for example ` TABLESAMPLE SYSTEM (1)`. */
  readonly sample?: string;
}

/**
 * PostgreSQL settings that make the planner use an index. Otherwise, the planner would scan an empty month sequentially, and then sort all
 * months. JIT compilation would take longer than the query itself.
 */
export const INDEX_ORDER_SETTINGS = { enable_seqscan: 'off', jit: 'off' };

/**
 * Returns an SQL query for the events that `access` allows. Row-level security alone decides which rows are visible. The conditions that
 * this function adds only help PostgreSQL to use indexes. For a person, the query has three indexed parts: events by, on behalf of, and
 * about the person.
 */
export function selectEvents(source: EventSource, values: SqlValues): string {
  const { access, columns, conditions, tail = '', sample = '' } = source;
  const select = (own: readonly string[]): string => {
    const all = [...own, ...conditions];
    return `SELECT ${columns} FROM audit_event${sample} WHERE ${all.length > 0 ? all.join(' AND ') : 'true'} ${tail}`;
  };
  switch (access.scope) {
    case 'all':
      return select([]);
    case 'tenants':
      return select([buildIsAny('tenant_id', access.tenantIds, values)]);
    case 'subject': {
      const id = values.bind(access.subjectId);
      const isOther = `actor_id IS DISTINCT FROM ${id}`;
      const isResource = `resource_type = 'user' AND resource_id = ${id}`;
      const parts = [
        [`actor_id = ${id}`],
        [isResource, isOther],
        [`on_behalf_of_id = ${id}`, isOther, `(${isResource}) IS NOT TRUE`],
      ];
      return `SELECT * FROM (${parts.map((part) => `(${select(part)})`).join(' UNION ALL ')}) AS part ${tail}`;
    }
  }
}

/** Makes a read resolve with `undefined` if the read takes too long: `reader.eventRows(…).catch(undefinedIfTooSlow)`. */
export function undefinedIfTooSlow(error: unknown): undefined {
  if (!hasCode(error, 'AUDIT_QUERY_TOO_SLOW')) throw error;
}
