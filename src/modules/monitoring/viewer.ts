/** The entry `nestjs-audit-ledger/viewer`. */
export { AuditViewerController } from './viewer/audit-viewer.controller.js';
export { AuditViewerModule } from './viewer/audit-viewer.module.js';
export { VIEWER_POLICY } from './viewer/viewer-headers.js';
export { ViewerNotBuiltError } from './viewer/viewer-not-built.error.js';
export type { AuditViewerAsyncOptions, AuditViewerOptions } from './viewer/viewer-options.js';
