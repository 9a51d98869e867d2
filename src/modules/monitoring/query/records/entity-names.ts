import type { ModulesContainer } from '@nestjs/core';
import { rulesOfEntity, type JsonObject, type JsonValue } from '../../../../audit/plain.js';
import { idOfKey } from '../../store/row-images.js';
import { UnknownEntityError } from './unknown-entity.error.js';
import type { ResourceName } from '../ledger-event.js';
import { isEqual, type Predicate } from '../predicates.js';
import { partsOfId } from './row-change.js';

/** The class of an entity. */
export type EntityClass<Entity> = abstract new (...args: never[]) => Entity;

/** A primary key: its value, or for several columns, an object of the values by property. */
export type EntityId<Entity> = string | number | bigint | Partial<Readonly<Record<keyof Entity, unknown>>>;

interface Column {
  readonly propertyPath: string;
  readonly databaseName: string;
  readonly isPrimary: boolean;
}

/** The part of TypeORM's metadata that is read. It does not use TypeORM's own types, since the application may have any version. */
export interface EntityTable {
  readonly target: unknown;
  readonly tableName: string;
  readonly columns: readonly Column[];
  /** Whether it is the table of a many-to-many relation, with the keys of both entities. */
  readonly isJunction: boolean;
  readonly foreignKeys: readonly {
    readonly columnNames: readonly string[];
    readonly referencedColumnNames: readonly string[];
    readonly referencedEntityMetadata: EntityTable;
  }[];
}

/** The names of an entity and its properties in the ledger. */
export class EntityNames {
  private readonly columns: readonly Column[];

  private constructor(
    private readonly entity: string,
    readonly resourceType: string,
    table: EntityTable,
  ) {
    this.columns = table.columns;
  }

  /**
   * Looks an entity up in the data sources of an application.
   *
   * @throws UnknownEntityError (`AUDIT_ENTITY_UNKNOWN`)
   */
  static find(modules: ModulesContainer, entity: EntityClass<unknown>): EntityNames {
    const table = tablesOf(modules).find(({ target }) => target === entity);
    if (table) return new EntityNames(entity.name, resourceOf(table), table);
    throw UnknownEntityError.noTable(entity.name);
  }

  /**
   * The id of a row in its events.
   *
   * @throws UnknownEntityError (`AUDIT_ENTITY_UNKNOWN`) when a part of the key is missing
   */
  idOf(id: unknown): string {
    const key = this.columns.filter(({ isPrimary }) => isPrimary).map(({ propertyPath }) => propertyPath);
    const isObject = typeof id === 'object' && id !== null;
    const values = isObject ? key.map((name) => (id as Readonly<Record<string, unknown>>)[name]) : [id]; // checked on any object
    const parts = values.flatMap((value) => partOfKey(value) ?? []);
    const text = parts.length === key.length ? idOfKey(Object.fromEntries(parts.entries())) : undefined;
    if (text === undefined) throw UnknownEntityError.noKey(this.entity, key);
    return text;
  }

  /** The property of a column; the column itself if no property has it. */
  propertyOf(column: string): string {
    return this.columns.find(({ databaseName }) => databaseName === column)?.propertyPath ?? column;
  }

  /** A row by its properties; the properties of an embedded entity are in an object. */
  valuesOf(row: JsonObject): JsonObject {
    const values: Record<string, JsonValue> = {};
    for (const [column, value] of Object.entries(row)) {
      const names = this.propertyOf(column).split('.');
      const last = names.pop() ?? column;
      let within = values;
      for (const name of names) within = (within[name] ??= {}) as Record<string, JsonValue>; // created here
      within[last] = value;
    }
    return values;
  }
}

function partOfKey(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : null;
}

/** The resource type of an entity's rows in the ledger. */
function resourceOf({ target, tableName }: Pick<EntityTable, 'target' | 'tableName'>): string {
  return rulesOfEntity(target)?.resource ?? tableName;
}

/** The tables of all data sources of an application, including those of many-to-many relations. A data source is recognised by its shape. */
function tablesOf(modules: ModulesContainer): readonly EntityTable[] {
  const providers = [...modules.values()].flatMap((module) => [...module.providers.values()]);
  const tables = providers.map(({ instance }) =>
    typeof instance === 'object' && instance !== null && 'entityMetadatas' in instance
      ? instance.entityMetadatas
      : undefined,
  );
  return [...new Set(tables)].flatMap((each) => (Array.isArray(each) ? (each as EntityTable[]) : [])); // TypeORM's
}

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
