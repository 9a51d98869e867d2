/** A PostgreSQL of the application's own, for when DATABASE_URL is absent. Importing this loads no binaries. */
export * from './embedded.error.js';
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.types.js';
export { startEmbeddedPostgres } from './start-embedded-postgres.js';
export { replaceFile } from './write-url-files.js';
