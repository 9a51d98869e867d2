import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Tenancy1763600000300 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE tenancy_store (
        id         uuid        NOT NULL,
        name       text        NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT tenancy_store_pkey PRIMARY KEY (id),
        CONSTRAINT tenancy_store_name_length CHECK (char_length(name) BETWEEN 1 AND 100)
      )`);
    await queryRunner.query(`
      CREATE TABLE tenancy_member (
        store_id   uuid        NOT NULL,
        user_id    uuid        NOT NULL,
        role       text        NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT tenancy_member_pkey PRIMARY KEY (store_id, user_id),
        CONSTRAINT tenancy_member_store_id_fkey FOREIGN KEY (store_id) REFERENCES tenancy_store (id) ON DELETE CASCADE,
        CONSTRAINT tenancy_member_role_form CHECK (role ~ '^[a-z][a-z_]{1,31}$')
      )`);
    await queryRunner.query(`
      CREATE TABLE tenancy_role (
        store_id    uuid        NOT NULL,
        role        text        NOT NULL,
        permissions text[]      NOT NULL,
        updated_at  timestamptz NOT NULL,
        CONSTRAINT tenancy_role_pkey PRIMARY KEY (store_id, role),
        CONSTRAINT tenancy_role_store_id_fkey FOREIGN KEY (store_id) REFERENCES tenancy_store (id) ON DELETE CASCADE,
        CONSTRAINT tenancy_role_role_form CHECK (role ~ '^[a-z][a-z_]{1,31}$'),
        CONSTRAINT tenancy_role_permissions_count CHECK (cardinality(permissions) <= 100)
      )`);
    await queryRunner.query(`
      CREATE TABLE admin_audit_log (
        id            uuid        NOT NULL,
        occurred_at   timestamptz NOT NULL,
        admin_user_id text        NOT NULL,
        action        text        NOT NULL,
        outcome       text        NOT NULL,
        target_type   text,
        target_id     text,
        details       jsonb       NOT NULL,
        ip_address    inet,
        user_agent    text,
        request_id    text,
        CONSTRAINT admin_audit_log_pkey PRIMARY KEY (id)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE admin_audit_log');
    await queryRunner.query('DROP TABLE tenancy_role');
    await queryRunner.query('DROP TABLE tenancy_member');
    await queryRunner.query('DROP TABLE tenancy_store');
  }
}
