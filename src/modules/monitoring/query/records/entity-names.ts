import type { ModulesContainer } from '@nestjs/core';
import { rulesOfEntity, type JsonObject, type JsonValue } from '../../../../audit/plain.js';
import { idOfKey } from '../../store/row-images.js';
import { UnknownEntityError } from './unknown-entity.error.js';

/** The class of an entity. */
export type EntityClass<Entity> = abstract new (...args: never[]) => Entity;

/** The value of a primary key of one column, or those of several, by property. */
export type EntityId<Entity> = string | number | bigint | Partial<Readonly<Record<keyof Entity, unknown>>>;

interface Column {
  readonly propertyPath: string;
  readonly databaseName: string;
  readonly isPrimary: boolean;
}

/** What is read of TypeORM's metadata: no type of its own, since the application may have any version of it. */
export interface EntityTable {
  readonly target: unknown;
  readonly tableName: string;
  readonly columns: readonly Column[];
  /** Of a table between two entities, with its keys of both. */
  readonly isJunction: boolean;
  readonly foreignKeys: readonly {
    readonly columnNames: readonly string[];
    readonly referencedColumnNames: readonly string[];
    readonly referencedEntityMetadata: EntityTable;
  }[];
}

/** How an entity is called in the ledger. */
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
   * The id of a row, as its events have it.
   *
   * @throws UnknownEntityError (`AUDIT_ENTITY_UNKNOWN`) when a part of the key is missing
   */
  idOf(id: unknown): string {
    const key = this.columns.filter(({ isPrimary }) => isPrimary);
    const isWhole = typeof id !== 'object' || id === null;
    const values = isWhole
      ? [id]
      : key.map(({ propertyPath }) => (id as Readonly<Record<string, unknown>>)[propertyPath]); // any object may be asked
    const parts = values.map(partOfKey);
    const text =
      parts.includes(null) || parts.length !== key.length
        ? undefined
        : idOfKey(Object.fromEntries(parts.map((part, nth) => [`part ${nth}`, part])));
    if (text === undefined) {
      throw UnknownEntityError.noKey(
        this.entity,
        key.map(({ propertyPath }) => propertyPath),
      );
    }
    return text;
  }

  /** The property of a column; the column itself where none has it. */
  propertyOf(column: string): string {
    return this.columns.find(({ databaseName }) => databaseName === column)?.propertyPath ?? column;
  }

  /** A row by its properties; those of an embedded entity stand in an object. */
  valuesOf(row: JsonObject): JsonObject {
    const values: Record<string, JsonValue> = {};
    for (const [column, value] of Object.entries(row)) {
      const names = this.propertyOf(column).split('.');
      const last = names.pop() ?? column;
      let within = values;
      for (const name of names) within = (within[name] ??= {}) as Record<string, JsonValue>; // made here alone
      within[last] = value;
    }
    return values;
  }
}

function partOfKey(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : null;
}

/** What an entity's rows are called in the ledger. */
export function resourceOf({ target, tableName }: Pick<EntityTable, 'target' | 'tableName'>): string {
  return rulesOfEntity(target)?.resource ?? tableName;
}

/** The data sources of an application with so many modules: requests ask for their tables, and an application has thousands of providers. */
const KNOWN = new WeakMap<ModulesContainer, { readonly size: number; readonly sources: readonly Source[] }>();

/** By its shape; a source that connects has others afterwards. */
interface Source {
  readonly entityMetadatas: unknown;
}

/** The tables of all data sources of an application, those between entities among them. */
export function tablesOf(modules: ModulesContainer): readonly EntityTable[] {
  let known = KNOWN.get(modules);
  if (known?.size !== modules.size) {
    const providers = [...modules.values()].flatMap((module) => [...module.providers.values()]);
    known = { size: modules.size, sources: [...new Set(providers.flatMap(({ instance }) => sourceIn(instance)))] };
    KNOWN.set(modules, known);
  }
  return known.sources.flatMap(({ entityMetadatas: tables }) =>
    Array.isArray(tables) ? (tables as EntityTable[]) : [],
  ); // TypeORM's
}

function sourceIn(instance: unknown): readonly Source[] {
  return typeof instance === 'object' && instance !== null && 'entityMetadatas' in instance ? [instance] : [];
}
