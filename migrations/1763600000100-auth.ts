import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of the auth module: accounts, sessions, the signing secret, and each account's security log. */
export class Auth1763600000100 implements MigrationInterface {
  readonly name = 'Auth1763600000100';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE security_log, auth_secret, auth_session, auth_user');
  }
}

const UP = [
  `CREATE TABLE auth_user (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (email = btrim(email) AND email LIKE '%_@_%' AND length(email) <= 320),
    name text NOT NULL CHECK (name <> '' AND length(name) <= 200),
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    roles text[] NOT NULL DEFAULT ARRAY['user'] CHECK (
      roles <@ ARRAY['user', 'admin', 'auditor'] AND array_position(roles, NULL) IS NULL
    ),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  'CREATE UNIQUE INDEX auth_user_email_key ON auth_user (lower(email))',

  `CREATE TABLE auth_session (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth_user (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK (expires_at > created_at)
  )`,
  'CREATE INDEX auth_session_user_id_idx ON auth_session (user_id)',

  `CREATE TABLE auth_secret (
    name text PRIMARY KEY,
    secret text NOT NULL CHECK (length(secret) >= 32),
    created_at timestamptz NOT NULL DEFAULT now()
  )`,

  `CREATE TABLE security_log (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth_user (id) ON DELETE CASCADE,
    occurred_at timestamptz NOT NULL,
    type text NOT NULL CHECK (type <> ''),
    outcome text NOT NULL CHECK (outcome IN ('attempted', 'success', 'failure', 'denied', 'partial')),
    reason text,
    ip inet,
    user_agent text
  )`,
  'CREATE INDEX security_log_user_id_id_idx ON security_log (user_id, id DESC)',
];
