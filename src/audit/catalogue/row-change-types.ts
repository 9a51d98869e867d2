import type { AuditEventDefinition } from './define-audit-events.js';

const CATEGORY = 'data_change';

/** The event types of rows that the database saw change. */
export const ROW_CHANGE_TYPES: readonly AuditEventDefinition[] = [
  { name: 'row_inserted', action: 'row_insertion', outcome: 'success', category: CATEGORY },
  { name: 'row_updated', action: 'row_update', outcome: 'success', category: CATEGORY },
  { name: 'row_deleted', action: 'row_deletion', outcome: 'success', category: CATEGORY },
  { name: 'table_truncated', action: 'table_truncation', outcome: 'success', category: CATEGORY, severity: 'warning' },
  {
    name: 'row_changed_externally',
    action: 'external_row_change',
    outcome: 'success',
    category: CATEGORY,
    severity: 'warning',
  },
];
