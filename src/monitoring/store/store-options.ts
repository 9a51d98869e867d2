/** The connection URLs of the ledger's database. All connection URLs include the schema of the ledger. */
export interface StoreOptions {
  readonly connectionUrl: string;
  /** The connection URL of a replica for queries; `undefined` without a replica. */
  readonly readUrl: string | undefined;
  /** The connection URL of the login that seals, publishes, retires and erases. */
  readonly sequencerUrl: string;
  readonly maxWriteConnections: number;
  readonly maxReadConnections: number;
}

export const STORE_OPTIONS = Symbol.for('nestjs-audit-ledger:store-options');
