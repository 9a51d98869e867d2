import type { KeeperWork } from '../../store/keeper-session.js';

/** Placing holds and retiring events. A month takes the time that it takes. */
export const RETENTION_WORK: KeeperWork = { name: 'retention', table: 'audit_retirement' };
