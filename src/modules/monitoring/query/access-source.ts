import type { LedgerAccess } from '../access/ledger-access.js';
import { isAnyOf } from './event-filter.js';
import type { SqlValues } from './sql-values.js';

/** What is read of the events that somebody may see. */
export interface EventSource {
  readonly access: LedgerAccess;
  readonly columns: string;
  readonly conditions: readonly string[];
  /** Such as `ORDER BY id DESC LIMIT 51`: of every part, and of the whole. */
  readonly tail?: string;
  /** Such as ` TABLESAMPLE SYSTEM (1)`, of the table. */
  readonly sample?: string;
}

/**
 * A statement for the events that `access` is for. Row-level security alone decides what is seen; what is said here once more
 * is for the indexes. What a person did, what was done on their behalf, and what was done to them are three parts, each with an
 * index of its own.
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
      return select([isAnyOf('tenant_id', access.tenantIds, values)]);
    case 'subject': {
      const id = values.place(access.subjectId);
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
