/** Runs the statements of a migration: TypeORM's `QueryRunner`, or any connection whose `query` resolves with rows. */
export interface MigrationRunner {
  query(text: string, values?: unknown[]): Promise<unknown>;
}

/** A migration of the ledger. The interface matches TypeORM's `MigrationInterface`, but does not need TypeORM. */
export interface AuditMigration {
  /** The name of the class. The ledger stores this name when the migration has run, so the name must never change. */
  readonly name: string;
  /** Rejects with the client's error. */
  up(runner: MigrationRunner): Promise<void>;
  /** Removes what `up` created, with all its content. Rejects with the client's error. */
  down(runner: MigrationRunner): Promise<void>;
}
