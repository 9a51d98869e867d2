/** TypeORM's `QueryRunner`, or any connection whose `query` resolves with rows. */
export interface MigrationRunner {
  query(text: string, values?: unknown[]): Promise<unknown>;
}

/** The interface matches TypeORM's `MigrationInterface`, but does not need TypeORM. */
export interface AuditMigration {
  /** The ledger stores this name when the migration has run, so the name must never change. */
  readonly name: string;
  /** What `up` did, as a sentence that the command \`migrate\` prints. */
  readonly does: string;
  up(runner: MigrationRunner): Promise<void>;
  /** Removes what `up` created, with all its content. Rejects with the client's error. */
  down(runner: MigrationRunner): Promise<void>;
}
