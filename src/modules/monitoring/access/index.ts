export { InvalidAccessError } from './invalid-access.error.js';
export {
  LEDGER_PERMISSIONS,
  parseAccess,
  settingsOf,
  type AuthorizeLedger,
  type LedgerAccess,
  type LedgerPermission,
} from './ledger-access.js';
export { LEDGER_READS, LEDGER_READS_CATEGORY, type LedgerRead } from './ledger-reads.js';
export { ownEventRules, withOwnEvents } from './own-events.js';
