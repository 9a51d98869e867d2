export const ACT_EVENTS = {
  /** States which events retention removed, and why. */
  retirement: { type: 'audit_events_retired', severity: 'info' },
  /** An erasure stores one act for each page of erased events. */
  erasure: { type: 'audit_events_erased', severity: 'info' },
  erasure_request: { type: 'audit_erasure_requested', severity: 'info' },
  erasure_withdrawal: { type: 'audit_erasure_withdrawn', severity: 'info' },
  erasure_completion: { type: 'audit_erasure_completed', severity: 'info' },
  /** These events contain the acts; people read the hold's separate events, with the actions in `HOLD_ACTIONS`. */
  hold_placement: { type: 'audit_hold_placed', severity: 'info' },
  hold_release: { type: 'audit_hold_released', severity: 'info' },
  key_change: { type: 'audit_signing_keys_changed', severity: 'warning' },
  key_loss: { type: 'audit_signing_key_lost', severity: 'critical' },
  adoption: { type: 'audit_ledger_adopted', severity: 'critical' },
  context_keys: { type: 'audit_context_keys_changed', severity: 'warning' },
  row_digests: { type: 'audit_row_digests_kept', severity: 'info' },
  stream_change: { type: 'audit_stream_changed', severity: 'warning' },
} as const;

export type ActName = keyof typeof ACT_EVENTS;

export const ACT_TYPES: readonly string[] = Object.values(ACT_EVENTS).map(({ type }) => type);
