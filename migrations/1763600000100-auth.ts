import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Auth1763600000100 implements MigrationInterface {
  readonly name = 'Auth1763600000100';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE security_log, auth_api_key, auth_session, auth_user`);
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
    failed_logins integer NOT NULL DEFAULT 0 CHECK (failed_logins >= 0),
    locked_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  'CREATE UNIQUE INDEX auth_user_email_key ON auth_user (lower(email))',

  `CREATE TABLE auth_session (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth_user (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    ip inet,
    user_agent text
  )`,
  'CREATE INDEX auth_session_user_id_idx ON auth_session (user_id)',

  // For tokens, keys and codes, only the SHA-256 is stored. Random values need no salt.
  `CREATE TABLE auth_api_key (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth_user (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> '' AND length(name) <= 200),
    key_hash bytea NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
  )`,
  'CREATE INDEX auth_api_key_user_id_idx ON auth_api_key (user_id)',

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
