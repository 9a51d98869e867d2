import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditAggregator } from '../../../src/audit/index.js';
import { AuditPrivacy } from '../../../src/monitoring/index.js';
import { CheckpointSigner } from '../../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import { eventually, freshKeyFile, type ListeningApp, runSql, tempFolder, testDatabase } from '../../support/index.js';
import { type TestDatabase } from '../../support/test-database.js';
import { startLedgerApp } from '../../support/ledger-app.js';
import { guideScript, runGuideScript } from '../../support/guide-scripts.js';

const ADA = { type: 'user', id: 'ada-7', name: 'Ada Lovelace' } as const;
const ADMIN = { type: 'admin', id: 'dpo' } as const;
const NAMED = `SELECT count(*)::int AS count FROM audit_event WHERE actor_name = 'Ada Lovelace'`;
const databases: TestDatabase[] = [];

const boot = ({ url }: TestDatabase): Promise<ListeningApp> =>
  startLedgerApp(url, {
    audit: { spillDir: join(folder, 'spill') },
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url }), ScheduleModule.forRoot()],
    monitoring: {
      ...{ signingKeyFile: keyFile, recordReads: true },
      ...{ erasureFile: join(folder, 'erasures'), archiveDir: join(folder, 'archives') },
    },
  });

const named = async ({ url }: TestDatabase): Promise<unknown> => (await runSql(url, NAMED))[0]?.count;
const ledgerHealth = async ({ app }: ListeningApp) => (await app.get(AuditAggregator).health()).database;
const isSealed = async ({ url }: TestDatabase): Promise<boolean> =>
  (await verifyLedger({ database: url })).waiting === 0;

const folder = await tempFolder('audit-replay-');
const keyFile = freshKeyFile();
const original = await testDatabase();
const before = await boot(original);
const audit = before.app.get(AuditAggregator);
for (let nth = 0; nth < 3; nth++) await audit.record('order_creation', { actor: ADA });
await eventually(() => isSealed(original));
await before.app.close();
const restored = await testDatabase({ copyFrom: original });
const after = await boot(original);
const privacy = after.app.get(AuditPrivacy);
const { id } = await privacy.erase({ id: ADA.id }, { by: ADMIN, reason: 'asked' });
await eventually(async () => (await privacy.find(id))?.state === 'done');
expect(await named(original)).toBe(0);
expect(await ledgerHealth(after)).not.toHaveProperty('error');
await writeFile(join(folder, 'verifier.key'), after.app.get(CheckpointSigner).verifierKey);
await after.app.close();
afterAll(async () => {
  for (const database of databases) await database.drop();
});

describe('erasures after a restore, as docs/guides/operate.md repeats them', () => {
  it('keeps certificates that have nothing of the person in clear', async () => {
    const kept = await readFile(join(folder, 'erasures'), 'utf8');
    expect(kept).toContain(id);
    expect(kept).not.toMatch(/\bada\b|lovelace|asked/i);
  });

  it('names what the restore undid, repeats it, and reports it', async () => {
    const lines: string[] = [];
    jest.spyOn(Logger.prototype, 'error').mockImplementation((text: unknown) => void lines.push(String(text)));
    expect(await named(restored)).toBe(3);
    const environment = {
      DATABASE_URL: restored.url,
      AUDIT_SIGNING_KEY_FILE: keyFile,
      AUDIT_ERASURE_FILE: join(folder, 'erasures'),
      VERIFIER_KEY: join(folder, 'verifier.key'),
    };
    const undone = await runGuideScript('npx nestjs-audit-ledger verify', folder, environment);
    expect(undone.output).toMatch(
      new RegExp(`The erasure ${id} of \\S+ is undone: 3 of its events have a personal part again, and its event`),
    );
    expect(undone.code).toBe(1);

    const running = await boot(restored);
    await eventually(() => Promise.resolve(lines.some((line) => line.includes(`The erasure ${id} of`))));
    const replayed = await runGuideScript(
      await guideScript('docs/guides/operate.md', 'replay-erasures.sh'),
      folder,
      environment,
    );
    expect(replayed.output).toContain('Repeated 1 of 1 erasure(s).');
    expect(replayed.output).toContain('sound: ');
    expect(replayed.code).toBe(0);
    expect(await named(restored)).toBe(0);
    expect(await running.app.get(AuditPrivacy).find(id)).toMatchObject({ subjectId: ADA.id, state: 'done' });
    await eventually(async () => (await ledgerHealth(running))?.error === undefined);

    const again = await runGuideScript(
      'npx nestjs-audit-ledger erase --replay "$AUDIT_ERASURE_FILE"',
      folder,
      environment,
    );
    expect(again).toEqual({ code: 0, output: expect.stringContaining('Nothing to repeat') });
    await running.app.close();
  });
});
