/** What most specs need: databases, applications, events and folders of their own. */
export * from './api-client.js';
export * from './eventually.js';
export * from './fresh-key-file.js';
export * from './http-app.js';
export * from './kept.js';
export * from './log-scene.js';
export * from './run-command.js';
export * from './sample-event.js';
export * from './sql.js';
export * from './temp-folder.js';
export * from './test-database.js';
