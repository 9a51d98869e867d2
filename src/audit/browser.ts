/**
 * Exports the part of the core that also runs in a browser: it imports nothing of Node. The viewer imports only this module, and code that
 * the viewer shares with the ledger does, too. The viewer's build fails on a module of Node.
 */
export { findNearestName } from './errors/nearest-name.js';
export * from '../base/event/outcomes.js';
export type { AuditEvent } from './event/audit-event.js';
export * from '../base/event/request-fields.js';
