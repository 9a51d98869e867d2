import { RETIREMENT_TYPE } from '../access/own-events.js';
import { ADOPTION_TYPE } from './adoption-act.js';
import { ERASURE_ACT_TYPE, ERASURE_REQUEST_TYPES } from './erasure-act.js';
import { KEY_CHANGE_TYPE } from './key-change.js';
import { KEY_LOSS_TYPE } from './key-loss-act.js';
import { CONTEXT_KEYS_TYPE } from './context-keys-act.js';
import { ROW_DIGESTS_TYPE } from './row-digests-act.js';
import { STREAM_ACT_TYPE } from './stream-act.js';

/** The types of the events that carry acts of legal holds. The events that people read about holds have other types. */
export const HOLD_ACT_TYPES = { placed: 'audit_hold_placed', released: 'audit_hold_released' } as const;

/** The types of the events that carry an act of the ledger. */
export const ACT_TYPES = [
  ERASURE_REQUEST_TYPES.requested,
  ERASURE_REQUEST_TYPES.withdrawn,
  ERASURE_REQUEST_TYPES.completed,
  ERASURE_ACT_TYPE,
  RETIREMENT_TYPE,
  KEY_CHANGE_TYPE,
  ADOPTION_TYPE,
  KEY_LOSS_TYPE,
  CONTEXT_KEYS_TYPE,
  ROW_DIGESTS_TYPE,
  HOLD_ACT_TYPES.placed,
  HOLD_ACT_TYPES.released,
  STREAM_ACT_TYPE,
] as const;

export type ActType = (typeof ACT_TYPES)[number];
