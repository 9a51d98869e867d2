export { InvalidAccessError } from './invalid-access.error.js';
export {
  LEDGER_PERMISSIONS,
  parseAccess,
  settingsOf,
  type AuthorizeLedger,
  type LedgerAccess,
  type LedgerPermission,
} from './ledger-access.js';
