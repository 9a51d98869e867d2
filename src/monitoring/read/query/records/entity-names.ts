import type { ModulesContainer } from '@nestjs/core';
import { readFieldSafely, getEntityRules, type JsonObject, type JsonValue } from '../../../../audit/nest-free.js';
import { formatKeyId } from '../../../store/row-images.js';
import { parseTableName } from '../../../store/table-name.js';
import type { ResourceName } from '../ledger-event.js';
import { isEqual, type Predicate } from '../predicates.js';
import { splitId } from './row-change.js';
import { readErrors } from '../../../errors/read.errors.js';

export type EntityClass<Entity> = abstract new (...args: never[]) => Entity;

/** The value of a primary key or, if the key has several columns, an object with the values by property. */
export type EntityId<Entity> = string | number | bigint | Partial<Readonly<Record<keyof Entity, unknown>>>;

interface Column {
  readonly propertyPath: string;
  readonly databaseName: string;
  readonly isPrimary: boolean;
}

/**
 * The properties of TypeORM's metadata that this library uses. TypeORM's own types are not imported, because the application may use any
 * version of TypeORM.
 */
export interface EntityTable {
  readonly target: unknown;
  readonly tableName: string;
  readonly schema?: string | undefined;
  readonly columns: readonly Column[];
  /** Whether this is the join table of a many-to-many relation. */
  readonly isJunction: boolean;
  readonly foreignKeys: readonly {
    readonly columnNames: readonly string[];
    readonly referencedColumnNames: readonly string[];
    readonly referencedEntityMetadata: EntityTable;
  }[];
}

/** Maps the names of an entity and its properties to the names in the ledger. */
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
   * Finds an entity in the data sources of an application.
   *
   * @throws `AUDIT_ENTITY_UNKNOWN`
   */
  static find(modules: ModulesContainer, entity: EntityClass<unknown>): EntityNames {
    const table = listEntityTables(modules).find(({ target }) => target === entity);
    if (table) return new EntityNames(entity.name, getResourceType(table), table);
    throw readErrors.AUDIT_ENTITY_UNKNOWN.noTable(entity.name);
  }

  /**
   * Returns the resource id that the events of a row contain.
   *
   * @throws `AUDIT_ENTITY_UNKNOWN` if a part of the key is missing
   */
  formatId(id: unknown): string {
    const key = this.columns.filter(({ isPrimary }) => isPrimary).map(({ propertyPath }) => propertyPath);
    const isObject = typeof id === 'object' && id !== null;
    const values = isObject ? key.map((name) => (id as Readonly<Record<string, unknown>>)[name]) : [id]; // on any object, a missing property reads as `undefined`
    const parts = values.flatMap((value) => toKeyPart(value) ?? []);
    const text = parts.length === key.length ? formatKeyId(parts) : undefined;
    if (text === undefined) throw readErrors.AUDIT_ENTITY_UNKNOWN.noKey(this.entity, key);
    return text;
  }

  /** Returns the property of a column, or the column's name if it has no property. */
  getProperty(column: string): string {
    return this.columns.find(({ databaseName }) => databaseName === column)?.propertyPath ?? column;
  }

  /** Converts the columns of a row to properties. The properties of an embedded entity become an object. */
  getValues(row: JsonObject): JsonObject {
    const values: Record<string, JsonValue> = {};
    for (const [column, value] of Object.entries(row)) {
      const property = this.columns.find(({ databaseName }) => databaseName === column)?.propertyPath;
      const names = property?.split('.') ?? [column];
      const last = names.pop() ?? column;
      let within = values;
      for (const name of names) within = (within[name] ??= {}) as Record<string, JsonValue>; // an object that this line created
      within[last] = value;
    }
    return values;
  }
}

function toKeyPart(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : null;
}

function getResourceType({ target, tableName }: Pick<EntityTable, 'target' | 'tableName'>): string {
  return getEntityRules(target)?.resource ?? tableName;
}

/** Returns the tables of all data sources, which are the providers with the property `entityMetadatas`. */
function listEntityTables(modules: ModulesContainer): readonly EntityTable[] {
  const providers = [...modules.values()].flatMap((module) => [...module.providers.values()]);
  const tables = providers.map(({ instance }) => readFieldSafely(instance, 'entityMetadatas'));
  return [...new Set(tables)].flatMap((each) => (Array.isArray(each) ? (each as EntityTable[]) : [])); // in TypeORM's format
}

/**
 * Returns conditions for the events about those rows of join tables that refer to a record. The many-to-many relations of TypeORM determine
 * the join tables.
 *
 * @returns conditions for each relation. A relation is left out if it does not refer to the record's primary key
 */
export function joinedRows(modules: ModulesContainer, record: ResourceName): readonly (readonly Predicate[])[] {
  const junctions = listEntityTables(modules).filter(({ isJunction }) => isJunction);
  return junctions.flatMap((junction) =>
    junction.foreignKeys.flatMap((key) => {
      const side = key.referencedEntityMetadata;
      if (getResourceType(side) !== record.type) return [];
      const own = side.columns.filter(({ isPrimary }) => isPrimary).map(({ databaseName }) => databaseName);
      const parts = splitId(record.id, own.length);
      const value = (nth: number): string | undefined => parts[own.indexOf(key.referencedColumnNames[nth] ?? '')];
      const names = key.columnNames.flatMap((column, nth) => buildKeyPredicate(column, value(nth)) ?? []);
      const isNamed = names.length === key.columnNames.length;
      const within = junction.schema === side.schema ? buildSchemaPredicates(record) : [];
      return isNamed ? [[isEqual('resourceType', junction.tableName), ...within, ...names]] : [];
    }),
  );
}

function buildKeyPredicate(column: string, value: string | undefined): Predicate | undefined {
  return value === undefined ? undefined : buildDetailsPredicate(['key', column], [value]);
}

function buildSchemaPredicates({ table = [] }: ResourceName): readonly Predicate[] {
  const schemas = [table].flat().flatMap((name) => parseTableName(name)?.schema ?? []);
  return schemas.length > 0 ? [buildDetailsPredicate(['schema'], schemas)] : [];
}

function buildDetailsPredicate(path: readonly string[], values: readonly string[]): Predicate {
  return { on: 'path', root: 'details', path, anyOf: [{ is: 'equal', values }], isNot: false };
}
