/** Whether a database can be used, and if not, why: one class a condition. */
export { checkServer } from './check-server.js';
export * from './database.error.js';
export { showUrl } from './show-url.js';
