/** The entry `nestjs-audit-ledger/viewer`. */
export { AuditViewerController } from './audit-viewer.controller.js';
export { AuditViewerModule } from './audit-viewer.module.js';
export type { AuditViewerAsyncOptions, AuditViewerOptions } from './viewer-options.js';
