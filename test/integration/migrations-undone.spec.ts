import { expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Auth1763600000100 } from '../../migrations/1763600000100-auth.js';
import { Orders1763600000200 } from '../../migrations/1763600000200-orders.js';
import { Products1763600000250 } from '../../migrations/1763600000250-products.js';
import { Tenancy1763600000300 } from '../../migrations/1763600000300-tenancy.js';
import { createTestDatabase } from '../support/test-database.js';

it.each([Auth1763600000100, Orders1763600000200, Products1763600000250, Tenancy1763600000300])(
  '%p leaves nothing behind when it is undone',
  async (migration) => {
    const empty = await createTestDatabase({ empty: true });
    const database = await new DataSource({ type: 'postgres', url: empty.url, migrations: [migration] }).initialize();
    await database.runMigrations();
    await database.undoLastMigration();
    const left = await database.query<unknown[]>(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'v') AND relname !~ '^migrations'`,
    );
    await database.destroy();
    await empty.drop();
    expect(left).toEqual([]);
  },
);
