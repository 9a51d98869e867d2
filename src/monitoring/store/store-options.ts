/** The connection URLs of the ledger's database. All connection URLs include the schema of the ledger. */
export interface StoreOptions {
  readonly connectionUrl: string;
  /** The connection URL of a replica for queries; `undefined` without a replica. */
  readonly readUrl: string | undefined;
  /** The connection URL of the login that seals, publishes, retires and erases; {@link NO_SEQUENCER} with the role `web`. */
  readonly sequencerUrl: string;
  readonly maxWriteConnections: number;
  readonly maxReadConnections: number;
}

/** The address in place of the sequencer's login, in a process that has none. Every connection to it is refused. */
export const NO_SEQUENCER = 'postgresql://role-web.invalid';

/** Whether the process has the role `web`. */
export function isWeb({ sequencerUrl }: Partial<Pick<StoreOptions, 'sequencerUrl'>>): boolean {
  return sequencerUrl === NO_SEQUENCER;
}

export const STORE_OPTIONS = Symbol.for('nestjs-audit-ledger:store-options');
