import type { ModulesContainer } from '@nestjs/core';
import type { ResourceName } from '../ledger-event.js';
import { isEqual, type Predicate } from '../predicates.js';
import { resourceOf, tablesOf } from './entity-names.js';
import { partsOfId } from './row-change.js';

/**
 * Finds the rows that join a record with others by the many-to-many relations of TypeORM's entities.
 *
 * @returns for each relation the condition on the events of its rows; none if the rows' ids do not contain the record's
 */
export function joinedRows(modules: ModulesContainer, record: ResourceName): readonly (readonly Predicate[])[] {
  const junctions = tablesOf(modules).filter(({ isJunction }) => isJunction);
  return junctions.flatMap((junction) =>
    junction.foreignKeys.flatMap((key) => {
      const side = key.referencedEntityMetadata;
      if (resourceOf(side) !== record.type) return [];
      const own = side.columns.filter(({ isPrimary }) => isPrimary).map(({ databaseName }) => databaseName);
      const parts = partsOfId(record.id, own.length);
      const value = (nth: number): string | undefined => parts[own.indexOf(key.referencedColumnNames[nth] ?? '')];
      const names = key.columnNames.flatMap((column, nth) => inKey(column, value(nth)) ?? []);
      const isNamed = names.length === key.columnNames.length;
      return isNamed ? [[isEqual('resourceType', junction.tableName), ...names]] : [];
    }),
  );
}

function inKey(column: string, value: string | undefined): Predicate | undefined {
  if (value === undefined || column.includes('.')) return undefined; // a path consists of names, separated by dots
  return {
    on: 'path',
    root: 'details',
    path: `key.${column}`,
    anyOf: [{ is: 'equal', values: [value] }],
    isNot: false,
  };
}
