/** What a migration of the ledger runs on: TypeORM's `QueryRunner`, or any connection that answers in rows. */
export interface MigrationRunner {
  query(text: string, values?: unknown[]): Promise<unknown>;
}

/** A migration of the ledger. It fits TypeORM's `MigrationInterface`, and needs no TypeORM. */
export interface AuditMigration {
  /** Of its class: kept as the record of what ran, and never changed. */
  readonly name: string;
  /** Rejects with the client's error. */
  up(runner: MigrationRunner): Promise<void>;
  /** Removes the ledger. Rejects with the client's error. */
  down(runner: MigrationRunner): Promise<void>;
}
