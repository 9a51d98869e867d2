/** Every reason why the embedded PostgreSQL cannot be had; one class a condition. */
export * from './embedded-binaries.errors.js';
export * from './embedded-folder.errors.js';
export * from './embedded-server.errors.js';
