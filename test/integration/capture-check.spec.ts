import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { AuditedEntity } from '../../src/audit/index.js';
import { installCapture } from '../../src/rooms/row-changes/index.js';
import { CaptureWatch } from '../../src/rooms/row-changes/attest/capture-watch.service.js';
import { kept, testDatabase } from '../support/kept.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';
import { runSql } from '../support/sql.js';

@Entity('rate')
@AuditedEntity({ ignore: ['seenAt'] })
class Rate {
  @PrimaryColumn('int')
  id!: number;

  @Column('timestamptz', { name: 'seen_at', nullable: true })
  seenAt!: Date | null;
}

const warnings: string[] = [];

const database = await testDatabase();
const other = await testDatabase();
jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void warnings.push(String(text)));
await runSql(database.url, 'CREATE TABLE rate (id int PRIMARY KEY, seen_at timestamptz)');
await runSql(database.url, 'CREATE TABLE fee (id int PRIMARY KEY, cents int)');
await runSql(other.url, 'CREATE TABLE rate (id int PRIMARY KEY, seen_at timestamptz)');
const scene = await kept(
  startRowChanges(database, { tables: { 'public.fee': {} } }, {}, [
    TypeOrmModule.forRoot({ type: 'postgres', url: database.url, entities: [Rate] }),
    TypeOrmModule.forRoot({ type: 'postgres', name: 'other', url: other.url, entities: [Rate] }),
  ]),
);
afterAll(() => void jest.restoreAllMocks());
afterEach(async () => {
  await installCapture(scene.app.get(DataSource), { tables: { 'public.fee': {} } });
  await scene.app.get(CaptureWatch).run();
  warnings.length = 0;
});

async function warned(): Promise<readonly string[]> {
  await scene.app.get(CaptureWatch).run();
  return warnings.filter((line) => line.includes('does not match the rules'));
}

describe('an application that starts', () => {
  it('warns once of tables that are not captured, with the command', async () => {
    expect(await warned()).toEqual([
      'The capture of row changes does not match the rules. public.rate is not captured. public.fee is not captured. ' +
        'Run "nestjs-audit-ledger capture generate", and the migration that it writes.',
    ]);
  });

  it('is silent where they are', async () => {
    expect(await warned()).toEqual([]);
  });

  it('warns of other rules, of a trigger that is off, and of a function for reconciling that was replaced', async () => {
    await captureTables(database.url, { 'public.rate': {} });
    await runSql(database.superuserUrl, 'ALTER TABLE fee DISABLE TRIGGER row_capture_update');
    await runSql(
      database.superuserUrl,
      `CREATE OR REPLACE FUNCTION row_digests_fee(without text[]) RETURNS TABLE (key text, digest text, shown text) LANGUAGE sql AS
        $$ SELECT '1', '00', '1' WHERE false $$`,
    );
    const [line] = await warned();
    expect(line).toContain('public.rate is captured by other rules.');
    expect(line).toContain('The trigger row_capture_update of public.fee is switched off.');
    expect(line).toContain('The function row_digests_fee of public.fee is not the generated function');
  });

  it('warns of a rule that the table cannot follow', async () => {
    await runSql(database.superuserUrl, 'ALTER TABLE rate RENAME seen_at TO seen');
    await scene.app.get(CaptureWatch).run();
    await runSql(database.superuserUrl, 'ALTER TABLE rate RENAME seen TO seen_at');
    expect(warnings).toEqual([
      expect.stringContaining('public.rate lacks the column seen_at of the rule ignore (did you mean seen?)'),
    ]);
  });
});
