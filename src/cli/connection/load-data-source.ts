import { commandErrors } from '../cli.errors.js';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The part of TypeORM's `DataSource` that the commands use. */
export interface CommandDataSource {
  readonly isInitialized: boolean;
  readonly options: { readonly type?: unknown; readonly migrations?: unknown };
  readonly entityMetadatas: readonly {
    readonly target: unknown;
    readonly tableName: string;
    readonly schema?: string | undefined;
    readonly columns: readonly { readonly propertyPath: string; readonly databaseName: string }[];
  }[];
  initialize(): Promise<unknown>;
  setOptions(options: { logger: 'simple-console'; logging: false }): unknown;
  destroy(): Promise<unknown>;
  query(text: string, values?: unknown[]): Promise<unknown>;
}

/**
 * Loads the data source of `file#export`, relative to the working directory. Without `#export`, loads the first data source that the file exports.
 *
 * @throws `AUDIT_TARGET_INVALID`
 */
export async function loadDataSource(target: string): Promise<CommandDataSource> {
  const [file = '', name] = target.split('#');
  const exported = await loadExports(file);
  const values = name === undefined ? Object.values(exported) : [exported[name]];
  const found = (await Promise.all(values)).find(isDataSource);
  if (!found) {
    const remedy = 'Export a TypeORM DataSource, as for TypeORM’s own command line.';
    throw commandErrors.AUDIT_TARGET_INVALID.notExported(target, 'a data source', Object.keys(exported), remedy);
  }
  const { type } = found.options;
  if (type !== 'postgres') throw commandErrors.AUDIT_TARGET_INVALID.notUsable(target, `its type is ${String(type)}`);
  found.setOptions({ logger: 'simple-console', logging: false }); // the output of a command is its own
  return found;
}

/** Connects the data source. @throws `AUDIT_TARGET_INVALID` */
export async function connectDataSource(source: CommandDataSource, target: string): Promise<void> {
  try {
    if (!source.isInitialized) await source.initialize();
  } catch (error) {
    throw commandErrors.AUDIT_TARGET_INVALID.notConnected(target, error);
  }
}

function isDataSource(value: unknown): value is CommandDataSource {
  if (typeof value !== 'object' || value === null) return false;
  const { initialize, destroy, query, options } = value as Partial<CommandDataSource>; // reading properties is safe on any object
  return (
    typeof initialize === 'function' && typeof destroy === 'function' && typeof query === 'function' && Boolean(options)
  );
}

/** Loads the exports of a compiled file, relative to the working directory. @throws `AUDIT_TARGET_INVALID` */
export async function loadExports(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    // A module's namespace is an object of its exports.
    const namespace = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
    // For a CommonJS file, Node may find only the default export. The value of `default` then contains all exports, perhaps with a second
    // `default`.
    const inner = namespace.default;
    return typeof inner === 'object' && inner !== null ? { ...namespace, default: inner, ...inner } : namespace;
  } catch (error) {
    throw commandErrors.AUDIT_TARGET_INVALID.notLoaded(file, error);
  }
}
