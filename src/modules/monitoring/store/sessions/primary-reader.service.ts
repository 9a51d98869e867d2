import { LedgerReader } from '../ledger-reader.service.js';
import type { StoreOptions } from '../store-options.js';

/**
 * The connections to the primary for reads that decide something, or that must see what was just written: erasures, sign-offs, alerts,
 * streams, and the log itself.
 */
export class PrimaryReader extends LedgerReader {
  /** @param warn told when a connection breaks, of which another is made */
  constructor(
    { connectionUrl, maxReadConnections }: Pick<StoreOptions, 'connectionUrl' | 'maxReadConnections'>,
    warn?: (message: string) => void,
  ) {
    super({ connectionUrl, maxReadConnections }, warn);
  }
}
