import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Orders1763600000200 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE orders_order (
        id            uuid        NOT NULL,
        owner_id      uuid        NOT NULL,
        store_id      uuid,
        status        text        NOT NULL,
        items         jsonb       NOT NULL,
        total_cents   bigint      NOT NULL,
        cancel_reason text,
        created_at    timestamptz NOT NULL DEFAULT now(),
        updated_at    timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT orders_order_pkey PRIMARY KEY (id),
        CONSTRAINT orders_order_status_known CHECK (status IN ('new', 'paid', 'shipped', 'canceled')),
        CONSTRAINT orders_order_total_cents_safe CHECK (total_cents BETWEEN 0 AND 9007199254740991),
        CONSTRAINT orders_order_cancel_reason_of_canceled CHECK (cancel_reason IS NULL OR status = 'canceled')
      )`);
    await queryRunner.query('CREATE INDEX orders_order_owner_id_id_idx ON orders_order (owner_id, id DESC)');
    await queryRunner.query(`
      CREATE TABLE orders_payment (
        id                uuid        NOT NULL,
        order_id          uuid        NOT NULL,
        amount_cents      bigint      NOT NULL,
        refunded_cents    bigint      NOT NULL,
        last4             text,
        created_at        timestamptz NOT NULL DEFAULT now(),
        updated_at        timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT orders_payment_pkey PRIMARY KEY (id),
        CONSTRAINT orders_payment_order_id_key UNIQUE (order_id),
        CONSTRAINT orders_payment_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders_order (id) ON DELETE CASCADE,
        CONSTRAINT orders_payment_amount_cents_safe CHECK (amount_cents BETWEEN 0 AND 9007199254740991),
        CONSTRAINT orders_payment_refunded_cents_range CHECK (refunded_cents BETWEEN 0 AND amount_cents),
        CONSTRAINT orders_payment_last4_form CHECK (last4 ~ '^[0-9]{4}$')
      )`);
    await queryRunner.query(`
      CREATE TABLE order_timeline (
        id          uuid        NOT NULL,
        order_id    uuid        NOT NULL,
        occurred_at timestamptz NOT NULL,
        type        text        NOT NULL,
        outcome     text        NOT NULL,
        actor_type  text        NOT NULL,
        actor_id    text,
        reason      text,
        details     jsonb       NOT NULL,
        CONSTRAINT order_timeline_pkey PRIMARY KEY (id)
      )`);
    await queryRunner.query('CREATE INDEX order_timeline_order_id_id_idx ON order_timeline (order_id, id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE order_timeline');
    await queryRunner.query('DROP TABLE orders_payment');
    await queryRunner.query('DROP TABLE orders_order');
  }
}
