export { RowChangesModule } from './row-changes.module.js';
export type { RowChangesOptions } from './capture-options.js';
export { installCapture } from './triggers/install-triggers.js';
