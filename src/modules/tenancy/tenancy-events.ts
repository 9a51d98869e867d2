import { defineAuditEvents } from '../../audit/index.js';

/** The event types that this module adds to the catalogue. Give them to `AuditModule`. */
export const TENANCY_EVENTS = defineAuditEvents({
  store_created: { action: 'store_creation', outcome: 'success', category: 'administration' },
});
