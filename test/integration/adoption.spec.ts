import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { addEvents, eventually, GIVEN_COLUMNS, withClient } from '../support/index.js';
import { RestartedLedger } from '../support/restarted-ledger.js';
import { withTiming } from '../support/with-timing.js';

const TABLES = ['audit_event', 'audit_leaf', 'audit_tile', 'audit_checkpoint', 'audit_head', 'audit_act'];

const ledger = RestartedLedger.inEachTest();

async function backUp(): Promise<void> {
  for (const table of TABLES) {
    await ledger.database.superuserSql(
      `CREATE TABLE kept_${table} AS SELECT ${table === 'audit_event' ? GIVEN_COLUMNS : '*'} FROM ${table}`,
    );
  }
}

async function restore(): Promise<void> {
  const statements = TABLES.map((table) => {
    const columns = table === 'audit_event' ? `(${GIVEN_COLUMNS})` : '';
    const insert = `INSERT INTO ${table} ${columns} OVERRIDING SYSTEM VALUE SELECT * FROM kept_${table}`;
    return `DELETE FROM ${table}; ${insert};`;
  });
  await ledger.database.superuserSql(
    `SET session_replication_role = replica; DELETE FROM audit_inbox; ${statements.join(' ')}`,
  );
}

const adopt = (...args: string[]) => ledger.command(['adopt', ...args]);

describe('a database that was restored to an earlier state', () => {
  withTiming({ questionMs: 500 }); // while nothing is sealed, the first question waits for so long

  async function restored(): Promise<{ early: number; late: number }> {
    await ledger.start();
    const early = await ledger.seal(30);
    await ledger.stop();
    await backUp();
    const [kept] = await ledger.database.sql('SELECT max(size)::int AS size FROM audit_checkpoint');
    await ledger.start();
    const late = await ledger.seal(30);
    await ledger.stop();
    await restore();
    await ledger.start();
    await eventually(async () => (await ledger.health()).error !== '');
    return { early: Number(kept?.size ?? early), late };
  }

  it('is not signed, and takes events; once it is adopted, sealing continues from there, and an event records it', async () => {
    const { early, late } = await restored();
    const before = await ledger.health();
    expect(before.state).toBe('degraded');
    expect(before.error).toMatch(/the database ends at size \d+, and a checkpoint of size \d+ was signed/);
    expect((await ledger.command(['doctor'])).output).toMatch(/error +last-checkpoint +The database is an older copy/);
    expect((await ledger.command(['verify'])).output).toContain('tail_truncated');
    await withClient(ledger.database.url, (client) => addEvents(client, 5));
    expect((await ledger.record('user_login')).providers.database?.status).toBe('recorded');

    const shown = await adopt('--reason', 'backup of Tuesday');
    expect(shown.code).toBe(1);
    expect(shown.output).toContain('Nothing was changed');
    const [, signed] = /signed last +size (\d+)/.exec(shown.output) ?? [];
    expect(Number(signed)).toBeGreaterThanOrEqual(late);
    expect(shown.output).toContain(`the database  size ${early}, root`);
    expect(shown.output).toContain(`with index ${early} to ${Number(signed) - 1} are abandoned`);
    expect((await ledger.health()).state).toBe('degraded');

    const adopted = await adopt('--reason', 'backup of Tuesday', '--by', 'dana', '--yes');
    expect(adopted.code).toBe(0);
    expect(adopted.output).toContain('Adopted.');
    await eventually(async () => (await ledger.health()).error === '');
    const size = await ledger.seal(3);
    expect(size).toBeGreaterThan(early);
    expect(await ledger.client.events('type=audit_ledger_inconsistent')).toHaveLength(1);
    const [event] = await ledger.client.events('type=audit_ledger_adopted');
    expect(event).toMatchObject({
      actor: { type: 'admin', id: 'dana' },
      reason: 'backup of Tuesday',
      severity: 'critical',
      details: { oldSize: Number(signed), newSize: early },
    });
    const [leaf] = await ledger.database.sql('SELECT index FROM audit_leaf WHERE event_id = $1', [event?.id]);
    expect(Number(leaf?.index)).toBeGreaterThanOrEqual(early);
    const kept = (await readdir(dirname(ledger.keyFile))).filter((name) =>
      name.startsWith(`${basename(ledger.keyFile)}.last.before-`),
    );
    expect(kept).toHaveLength(1);
    expect(await readFile(`${dirname(ledger.keyFile)}/${kept[0]}`, 'utf8')).toContain(`\n${signed}\n`);

    const again = await adopt('--reason', 'once more', '--yes');
    expect(again).toMatchObject({ code: 0 });
    expect(again.output).toContain('it continues every signed and published checkpoint');
    expect(await ledger.client.events('type=audit_ledger_adopted')).toHaveLength(1);
  });
});
