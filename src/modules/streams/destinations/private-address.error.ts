import { AuditError } from '../../../audit/plain.js';

/** A destination has an address that is not part of the public internet. */
export class PrivateAddressError extends AuditError {
  readonly code = 'AUDIT_STREAM_ADDRESS_PRIVATE';

  constructor(host: string, address: string) {
    super(
      `Cannot send to ${host}: its address ${address} is not public. Correct the url, or set allowPrivateAddresses for a destination in your own network.`,
    );
  }
}
