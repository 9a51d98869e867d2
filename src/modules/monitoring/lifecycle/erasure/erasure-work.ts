import type { KeeperWork } from '../../store/keeper-session.js';

/** Erasing, in pages; so that no writer waits long behind it, should it ever wait for a lock itself. */
export const ERASURE_WORK: KeeperWork = {
  name: 'erasure',
  table: 'audit_erasure',
  statementTimeoutMs: 60_000,
  lockTimeoutMs: 10_000,
};
