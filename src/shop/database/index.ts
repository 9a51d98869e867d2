export { withClient } from './check-server.js';
export { DatabaseModule } from './database.module.js';
export { migrate } from './migrate.js';
export { getEmbeddedLedger, openDatabase, type OpenDatabase } from './open-database.js';
