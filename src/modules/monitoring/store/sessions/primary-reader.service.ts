import { LedgerReader } from '../ledger-reader.service.js';
import type { StoreOptions } from '../store-options.js';

/**
 * The connections to the primary for reads that decide something, or that must see the newest writes: erasures, sign-offs, alerts, streams,
 * and the log itself.
 */
export class PrimaryReader extends LedgerReader {
  /** @param warn called when a connection breaks; it is replaced */
  constructor(
    { connectionUrl, maxReadConnections }: Pick<StoreOptions, 'connectionUrl' | 'maxReadConnections'>,
    warn?: (message: string) => void,
  ) {
    super({ connectionUrl, maxReadConnections }, warn);
  }
}
