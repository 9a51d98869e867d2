/** The entry `nestjs-audit-ledger/viewer`. */
export { AuditViewerController } from './audit-viewer.controller.js';
export { AuditViewerModule } from './audit-viewer.module.js';
export { VIEWER_POLICY } from './viewer-http.js';
export { ViewerNotBuiltError } from './viewer.error.js';
export type { AuditViewerAsyncOptions, AuditViewerOptions } from './viewer-options.js';
