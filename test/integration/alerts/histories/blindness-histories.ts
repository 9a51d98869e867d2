import { at, buildHistories, type History } from './history.js';

const hold = { resource: { type: 'legal_hold', id: 'h-1' }, severity: 'warning' } as const;
const stream = (change: string) => ({ category: 'system', details: { consumer: 'siem', change } }) as const;

export const BLINDNESS_HISTORIES: readonly History[] = buildHistories({
  ledger_tampered: [
    [
      'a self-check that finds what was altered',
      [at(0, 'audit_integrity_violation', { severity: 'critical', reason: 'one event was altered' })],
      ['ledger_tampered'],
    ],
    [
      'a ledger that contradicts its checkpoint, again after two hours',
      [at(0, 'audit_ledger_inconsistent'), at(1, 'audit_ledger_inconsistent'), at(121, 'audit_ledger_inconsistent')],
      ['ledger_tampered', 'ledger_tampered'],
    ],
    [
      'one that contradicts it, twice within the hour; and events that were sealed late',
      [
        at(0, 'audit_ledger_inconsistent'),
        at(59, 'audit_integrity_violation', { severity: 'critical' }),
        at(59, 'audit_sealing_late'),
      ],
      ['ledger_tampered', 'sealing_late'],
    ],
    ['events that were erased, and retired', [at(0, 'audit_events_erased'), at(1, 'audit_events_retired')], []],
  ],
  log_branched: [
    ['an adoption after a restore', [at(0, 'audit_ledger_adopted')], ['log_branched']],
    ['a planned change of the key', [at(0, 'audit_signing_keys_changed')], []],
  ],
  capture_altered: [
    [
      'a trigger that is switched off',
      [
        at(0, 'audit_capture_altered', {
          severity: 'error',
          details: { alterations: [{ what: 'trigger_disabled', of: 'public.orders' }], count: 1 },
        }),
      ],
      ['capture_altered'],
    ],
    [
      'a table that is captured from now on, and one that was rewritten',
      [
        at(0, 'audit_capture_altered', {
          severity: 'info',
          details: { alterations: [{ what: 'table_added', of: 'public.rates' }], count: 1 },
        }),
        at(1, 'audit_capture_altered', {
          severity: 'warning',
          details: { alterations: [{ what: 'table_rewritten', of: 'public.rates' }], count: 1 },
        }),
      ],
      [],
    ],
  ],
  row_changes_missing: [
    [
      'a reconciliation that finds a row',
      [at(0, 'audit_capture_reconciled', { outcome: 'failure', details: { verdict: 'incomplete' } })],
      ['row_changes_missing'],
    ],
    [
      'a reconciliation that finds nothing',
      [at(0, 'audit_capture_reconciled', { outcome: 'success', details: { verdict: 'complete' } })],
      [],
    ],
  ],
  capture_paused: [
    [
      'work whose events are left out, and a table that is not captured any more',
      [at(0, 'audit_capture_ignored', { reason: 'import' }), at(1, 'audit_capture_ended')],
      ['capture_paused'],
    ],
    [
      'a table that is captured from now on, and a capture that is as it was',
      [at(0, 'audit_capture_baseline'), at(1, 'audit_capture_attested')],
      [],
    ],
  ],
  retention_shortened: [
    ['a shorter policy', [at(0, 'audit_retention_changed', { details: { shortened: true } })], ['retention_shortened']],
    [
      'a longer policy, and a run',
      [at(0, 'audit_retention_changed', { details: { shortened: false } }), at(1, 'audit_events_retired')],
      [],
    ],
  ],
  hold_released: [
    ['a hold that is released', [at(0, 'legal_hold_release', hold)], ['hold_released of h-1']],
    [
      'a hold that is placed, and a release that is refused',
      [at(0, 'legal_hold_placement', hold), at(1, 'legal_hold_release', { ...hold, outcome: 'denied' })],
      [],
    ],
  ],
  stream_removed: [
    [
      'a stream that is paused, and ended a minute later',
      [at(0, 'audit_consumer_changed', stream('paused')), at(1, 'audit_consumer_changed', stream('ended'))],
      ['stream_removed of siem'],
    ],
    [
      'a stream that is added, replayed and resumed',
      ['added', 'replayed', 'resumed'].map((change, minute) => at(minute, 'audit_consumer_changed', stream(change))),
      [],
    ],
  ],
  sealing_late: [
    [
      'events that waited for long',
      [at(0, 'audit_sealing_late', { details: { waitedSeconds: 300 } })],
      ['sealing_late'],
    ],
    [
      'a checkpoint, and an event of the application that is named nearly so',
      [at(0, 'audit_checkpoint_signed'), at(1, 'sealing_late'), at(2, 'audit_sealing')],
      [],
    ],
  ],
  events_lost: [
    [
      'a loss, a dead letter that somebody drops two hours later, and a parked line that somebody discards',
      [
        at(0, 'audit_events_lost', { outcome: 'failure' }),
        at(130, 'audit_dead_letter_dropped'),
        at(260, 'audit_lines_discarded'),
      ],
      ['events_lost', 'events_lost', 'events_lost'],
    ],
    [
      'a store that does not answer, and answers again, and a dead letter that is sent again',
      [at(0, 'audit_recording_degraded'), at(1, 'audit_recording_recovered'), at(2, 'audit_dead_letter_released')],
      ['recording_degraded'],
    ],
  ],
  recording_degraded: [
    [
      'a store that does not answer',
      [at(0, 'audit_recording_degraded'), at(1, 'audit_recording_recovered')],
      ['recording_degraded'],
    ],
    ['a store that answers again', [at(1, 'audit_recording_recovered')], []],
  ],
});
