import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What administrators set for the whole application, and which documents people accepted. */
export class Administration1763600000350 implements MigrationInterface {
  readonly name = 'Administration1763600000350';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE privacy_acceptance, admin_maintenance, admin_feature, admin_setting');
  }
}

const UP = [
  `CREATE TABLE admin_setting (
    key text PRIMARY KEY CHECK (key ~ '^[a-z][a-z0-9_.-]{0,63}$'),
    value jsonb NOT NULL CHECK (jsonb_typeof(value) IN ('string', 'number', 'boolean')),
    updated_at timestamptz NOT NULL
  )`,

  `CREATE TABLE admin_feature (
    name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_.-]{0,63}$'),
    enabled boolean NOT NULL,
    updated_at timestamptz NOT NULL
  )`,

  // One row at most.
  `CREATE TABLE admin_maintenance (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    enabled boolean NOT NULL,
    message text CHECK (length(message) <= 500),
    updated_at timestamptz NOT NULL
  )`,

  // Without a reference to the account: what was accepted is of another module than who accepted it.
  `CREATE TABLE privacy_acceptance (
    user_id uuid NOT NULL,
    document text NOT NULL CHECK (document IN ('terms', 'privacy_policy')),
    version text NOT NULL CHECK (version <> '' AND length(version) <= 32),
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, document, version)
  )`,
];
