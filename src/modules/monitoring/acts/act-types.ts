import { ERASURE_ACT_TYPE } from './erasure-act.js';

/** The types of the events by which acts of legal holds are in the log. What people read of a hold are other events. */
export const HOLD_ACT_TYPES = { placed: 'audit_hold_placed', released: 'audit_hold_released' } as const;

/** The types of the events that carry an act of the ledger. */
export const ACT_TYPES = [
  ERASURE_ACT_TYPE,
  'audit_events_retired',
  'audit_signing_keys_changed',
  'audit_ledger_adopted',
  'audit_signing_key_lost',
  HOLD_ACT_TYPES.placed,
  HOLD_ACT_TYPES.released,
] as const;

export type ActType = (typeof ACT_TYPES)[number];
