import { at, type History } from './history.js';

const hold = { resource: { type: 'legal_hold', id: 'h-1' }, severity: 'warning' } as const;
const stream = (change: string) => ({ category: 'system', details: { stream: 'siem', change } }) as const;

/** Of those who tamper with the log, or keep it from seeing. */
export const BLINDNESS_HISTORIES: readonly History[] = [
  {
    rule: 'ledger_tampered',
    says: 'a self-check that finds what was altered',
    events: [at(0, 'audit_integrity_violation', { severity: 'critical', reason: 'one event was altered' })],
    alerts: ['ledger_tampered'],
  },
  {
    rule: 'ledger_tampered',
    says: 'a ledger that contradicts its checkpoint, again after two hours',
    events: [
      at(0, 'audit_ledger_inconsistent'),
      at(1, 'audit_ledger_inconsistent'),
      at(121, 'audit_ledger_inconsistent'),
    ],
    alerts: ['ledger_tampered', 'ledger_tampered'],
  },
  {
    rule: 'ledger_tampered',
    says: 'one that contradicts it, twice within the hour; and events that were sealed late',
    events: [
      at(0, 'audit_ledger_inconsistent'),
      at(59, 'audit_integrity_violation', { severity: 'critical' }),
      at(59, 'audit_sealing_late'),
    ],
    alerts: ['ledger_tampered', 'sealing_late'],
  },
  {
    rule: 'ledger_tampered',
    says: 'events that were erased, and retired',
    events: [at(0, 'audit_events_erased'), at(1, 'audit_events_retired')],
    alerts: [],
  },
  {
    rule: 'log_branched',
    says: 'an adoption after a restore',
    events: [at(0, 'audit_ledger_adopted')],
    alerts: ['log_branched'],
  },
  {
    rule: 'log_branched',
    says: 'a planned change of the key',
    events: [at(0, 'audit_signing_keys_changed')],
    alerts: [],
  },
  {
    rule: 'capture_altered',
    says: 'a trigger that is switched off',
    events: [
      at(0, 'audit_capture_altered', {
        severity: 'error',
        details: { alterations: [{ what: 'trigger_disabled', of: 'public.orders' }], count: 1 },
      }),
    ],
    alerts: ['capture_altered'],
  },
  {
    rule: 'capture_altered',
    says: 'a table that is captured from now on, and one that was rewritten',
    events: [
      at(0, 'audit_capture_altered', {
        severity: 'info',
        details: { alterations: [{ what: 'table_added', of: 'public.rates' }], count: 1 },
      }),
      at(1, 'audit_capture_altered', {
        severity: 'warning',
        details: { alterations: [{ what: 'table_rewritten', of: 'public.rates' }], count: 1 },
      }),
    ],
    alerts: [],
  },
  {
    rule: 'row_changes_missing',
    says: 'a reconciliation that finds a row',
    events: [at(0, 'audit_capture_reconciled', { outcome: 'failure', details: { verdict: 'incomplete' } })],
    alerts: ['row_changes_missing'],
  },
  {
    rule: 'row_changes_missing',
    says: 'a reconciliation that finds nothing',
    events: [at(0, 'audit_capture_reconciled', { outcome: 'success', details: { verdict: 'complete' } })],
    alerts: [],
  },
  {
    rule: 'capture_paused',
    says: 'work whose events are left out, and a table that is not captured any more',
    events: [at(0, 'audit_capture_ignored', { reason: 'import' }), at(1, 'audit_capture_ended')],
    alerts: ['capture_paused'],
  },
  {
    rule: 'capture_paused',
    says: 'a table that is captured from now on, and a capture that is as it was',
    events: [at(0, 'audit_capture_baseline'), at(1, 'audit_capture_attested')],
    alerts: [],
  },
  {
    rule: 'retention_shortened',
    says: 'a shorter policy',
    events: [at(0, 'audit_retention_changed', { details: { shortened: true } })],
    alerts: ['retention_shortened'],
  },
  {
    rule: 'retention_shortened',
    says: 'a longer policy, and a run',
    events: [at(0, 'audit_retention_changed', { details: { shortened: false } }), at(1, 'audit_events_retired')],
    alerts: [],
  },
  {
    rule: 'hold_released',
    says: 'a hold that is released',
    events: [at(0, 'legal_hold_release', hold)],
    alerts: ['hold_released of h-1'],
  },
  {
    rule: 'hold_released',
    says: 'a hold that is placed, and a release that is refused',
    events: [at(0, 'legal_hold_placement', hold), at(1, 'legal_hold_release', { ...hold, outcome: 'denied' })],
    alerts: [],
  },
  {
    rule: 'stream_removed',
    says: 'a stream that is paused, and removed a minute later',
    events: [at(0, 'audit_stream_changed', stream('paused')), at(1, 'audit_stream_changed', stream('removed'))],
    alerts: ['stream_removed of siem'],
  },
  {
    rule: 'stream_removed',
    says: 'a stream that is added, altered, tested and resumed',
    events: ['added', 'altered', 'tested', 'resumed'].map((change, minute) =>
      at(minute, 'audit_stream_changed', stream(change)),
    ),
    alerts: [],
  },
  {
    rule: 'sealing_late',
    says: 'events that waited for long',
    events: [at(0, 'audit_sealing_late', { details: { waitedSeconds: 300 } })],
    alerts: ['sealing_late'],
  },
  {
    rule: 'sealing_late',
    says: 'a checkpoint, and an event of the application that is named nearly so',
    events: [at(0, 'audit_checkpoint_signed'), at(1, 'sealing_late'), at(2, 'audit_sealing')],
    alerts: [],
  },
  {
    rule: 'events_lost',
    says: 'a loss, and a dead letter that somebody drops two hours later',
    events: [at(0, 'audit_events_lost', { outcome: 'failure' }), at(130, 'audit_dead_letter_dropped')],
    alerts: ['events_lost', 'events_lost'],
  },
  {
    rule: 'events_lost',
    says: 'a store that does not answer, and answers again, and a dead letter that is sent again',
    events: [
      at(0, 'audit_recording_degraded'),
      at(1, 'audit_recording_recovered'),
      at(2, 'audit_dead_letter_released'),
    ],
    alerts: ['recording_degraded'],
  },
  {
    rule: 'recording_degraded',
    says: 'a store that does not answer',
    events: [at(0, 'audit_recording_degraded'), at(1, 'audit_recording_recovered')],
    alerts: ['recording_degraded'],
  },
  {
    rule: 'recording_degraded',
    says: 'a store that answers again',
    events: [at(1, 'audit_recording_recovered')],
    alerts: [],
  },
];
