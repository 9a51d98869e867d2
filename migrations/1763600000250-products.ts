import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The history of a deleted product stays. */
export class Products1763600000250 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE catalog_product (
        id          uuid        NOT NULL,
        sku         text        NOT NULL,
        name        text        NOT NULL,
        description text        NOT NULL,
        price_cents integer     NOT NULL,
        stock       integer     NOT NULL,
        active      boolean     NOT NULL,
        created_at  timestamptz NOT NULL DEFAULT now(),
        updated_at  timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT catalog_product_pkey PRIMARY KEY (id),
        CONSTRAINT catalog_product_sku_key UNIQUE (sku),
        CONSTRAINT catalog_product_sku_length CHECK (char_length(sku) BETWEEN 1 AND 64),
        CONSTRAINT catalog_product_name_length CHECK (char_length(name) BETWEEN 1 AND 200),
        CONSTRAINT catalog_product_description_length CHECK (char_length(description) <= 2000),
        CONSTRAINT catalog_product_price_cents_range CHECK (price_cents BETWEEN 0 AND 100000000),
        CONSTRAINT catalog_product_stock_not_negative CHECK (stock >= 0)
      )`);
    await queryRunner.query(`
      CREATE TABLE product_history (
        id          uuid        NOT NULL,
        product_id  uuid        NOT NULL,
        occurred_at timestamptz NOT NULL,
        type        text        NOT NULL,
        outcome     text        NOT NULL,
        actor_type  text        NOT NULL,
        actor_id    text,
        reason      text,
        changes     jsonb,
        CONSTRAINT product_history_pkey PRIMARY KEY (id)
      )`);
    await queryRunner.query('CREATE INDEX product_history_product_id_id_idx ON product_history (product_id, id DESC)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE product_history');
    await queryRunner.query('DROP TABLE catalog_product');
  }
}
