import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { StreamReachError } from '../manage/manage.error.js';
import type { ResolvedStream } from '../streams-options.js';

/** Whether somebody may see every event that a stream may see. */
export function isWithin(access: LedgerAccess, ofStream: LedgerAccess): boolean {
  if (access.scope === 'all') return true;
  if (access.scope !== 'tenants' || ofStream.scope !== 'tenants') return false;
  return ofStream.tenantIds.length > 0 && ofStream.tenantIds.every((tenant) => access.tenantIds.includes(tenant));
}

/**
 * Refuses streams that reach too far: a request may not write files on the server, and a caller of a tenant may not reach servers in the
 * operator's network.
 *
 * @throws StreamReachError (`AUDIT_STREAM_REACH`)
 */
export function checkReach(access: LedgerAccess, { access: ofStream, destination }: ResolvedStream): void {
  if (destination.type === 'file') throw new StreamReachError('files');
  if (!isWithin(access, ofStream)) throw new StreamReachError('others');
  if (access.scope !== 'all' && 'allowPrivateAddresses' in destination && destination.allowPrivateAddresses) {
    throw new StreamReachError('addresses');
  }
}
