import type { MigrationInterface, QueryRunner } from 'typeorm';

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
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE catalog_product');
  }
}
