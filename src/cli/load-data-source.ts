import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorMessage } from '../audit/plain.js';
import { DataSourceTargetError } from './data-source-target.error.js';

/** The part of TypeORM's `DataSource` that the commands use. */
export interface CommandDataSource {
  readonly isInitialized: boolean;
  readonly options: { readonly type?: unknown };
  readonly entityMetadatas: readonly {
    readonly target: unknown;
    readonly tableName: string;
    readonly schema?: string | undefined;
    readonly columns: readonly { readonly propertyPath: string; readonly databaseName: string }[];
  }[];
  initialize(): Promise<unknown>;
  destroy(): Promise<unknown>;
  query(text: string, values?: unknown[]): Promise<unknown>;
}

/**
 * Loads the data source of `file#export` (default: the first data source that the file exports), relative to the working directory.
 *
 * @throws DataSourceTargetError (`AUDIT_DATA_SOURCE_INVALID`)
 */
export async function loadDataSource(target: string): Promise<CommandDataSource> {
  const [file = '', name] = target.split('#');
  const exported = await exportsOf(file);
  const values = name === undefined ? Object.values(exported) : [exported[name]];
  const found = (await Promise.all(values)).find(isDataSource);
  if (!found) throw DataSourceTargetError.notExported(target, Object.keys(exported));
  if (found.options.type !== 'postgres') throw DataSourceTargetError.notPostgres(target, found.options.type);
  return found;
}

/** Connects the data source. @throws DataSourceTargetError (`AUDIT_DATA_SOURCE_INVALID`) */
export async function connectDataSource(source: CommandDataSource, target: string): Promise<void> {
  try {
    if (!source.isInitialized) await source.initialize();
  } catch (error) {
    throw DataSourceTargetError.notConnected(target, errorMessage(error), error);
  }
}

async function exportsOf(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const namespace = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>; // a module's namespace is an object
    const inner = namespace.default;
    // For CommonJS, Node may see only the default export, which contains the others.
    return isDataSource(inner) || typeof inner !== 'object' || inner === null ? namespace : { ...namespace, ...inner };
  } catch (error) {
    throw DataSourceTargetError.notLoaded(file, errorMessage(error), error);
  }
}

function isDataSource(value: unknown): value is CommandDataSource {
  if (typeof value !== 'object' || value === null) return false;
  const { initialize, destroy, query, options } = value as Partial<CommandDataSource>; // any object may be read
  return (
    typeof initialize === 'function' && typeof destroy === 'function' && typeof query === 'function' && Boolean(options)
  );
}
