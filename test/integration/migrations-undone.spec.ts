import { expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { Auth1763600000100 } from '../../migrations/1763600000100-auth.js';
import { Orders1763600000200 } from '../../migrations/1763600000200-orders.js';
import { Products1763600000250 } from '../../migrations/1763600000250-products.js';
import { Tenancy1763600000300 } from '../../migrations/1763600000300-tenancy.js';
import { testDatabase } from '../support/kept.js';

const MIGRATIONS = [Auth1763600000100, Orders1763600000200, Products1763600000250, Tenancy1763600000300];
const LEFT = `
  SELECT relname FROM pg_class
   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'v') AND relname !~ '^migrations'`;

const { url } = await testDatabase({ empty: true });

it('the migrations of the shop leave nothing behind when they are undone', async () => {
  const database = await new DataSource({ type: 'postgres', url, migrations: MIGRATIONS }).initialize();
  await database.runMigrations();
  while ((await database.query<unknown[]>('SELECT FROM migrations')).length > 0) await database.undoLastMigration();
  const left = await database.query<unknown[]>(LEFT);
  await database.destroy();
  expect(left).toEqual([]);
});
