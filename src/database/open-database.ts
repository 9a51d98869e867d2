import type { AppConfig } from '../config/index.js';
import { startEmbeddedPostgres } from './embedded/index.js';
import { migrate } from './migrate.js';
import { checkServer } from './server/index.js';

const DEFAULT_EMBEDDED_DIR = '.data/pg';

/** A database that is up and migrated. */
export interface OpenDatabase {
  readonly url: string;
  /** Stops what this application started; does nothing to a server of somebody else's. */
  close(): Promise<void>;
}

/**
 * Opens the configured database, or an embedded one, and migrates it.
 *
 * @throws DatabaseError (`DATABASE_…`, `EMBEDDED_…`) saying what to do
 */
export async function openDatabase(config: AppConfig, log: (message: string) => void): Promise<OpenDatabase> {
  const database = config.DATABASE_URL === undefined ? await openEmbedded(config, log) : external(config.DATABASE_URL);
  try {
    const { version } = await checkServer(database.url);
    const ran = await migrate(database.url, { monitoring: config.MONITORING_ENABLED });
    log(`Database: PostgreSQL ${version}, ${ran.length === 0 ? 'schema up to date' : `migrated: ${ran.join(', ')}`}`);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function external(url: string): OpenDatabase {
  return { url, close: () => Promise.resolve() };
}

async function openEmbedded(config: AppConfig, log: (message: string) => void): Promise<OpenDatabase> {
  const { EMBEDDED_PG_DIR: dir, EMBEDDED_PG_PORT: port } = config;
  const embedded = await startEmbeddedPostgres({
    dir: dir ?? DEFAULT_EMBEDDED_DIR,
    dirIsDefault: dir === undefined,
    ...(port === undefined ? {} : { port }),
    log,
  });
  return { url: embedded.url, close: () => embedded.stop() };
}
