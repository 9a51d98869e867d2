/** The connections to the ledger's database. The addresses include the ledger's schema. */
export interface StoreOptions {
  readonly connectionUrl: string;
  /** A replica that answers queries; `undefined` without a replica. */
  readonly readUrl: string | undefined;
  /** The login that seals, publishes, retires and erases. */
  readonly sequencerUrl: string;
  readonly maxWriteConnections: number;
  readonly maxReadConnections: number;
}

export const STORE_OPTIONS = Symbol.for('nestjs-audit-ledger:store-options');
