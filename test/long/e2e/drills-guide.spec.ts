import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyLedger } from '../../../src/modules/monitoring/index.js';
import { readKeyFile } from '../../../src/modules/monitoring/signing/signing-key-file.js';
import { ApiClient } from '../../support/api-client.js';
import { startAppProcess } from '../../support/app-process.js';
import { eventually } from '../../support/eventually.js';
import { guideScript, runGuideScript, type ScriptRun } from '../../support/guide-scripts.js';
import { ADMIN } from '../../support/reference-app.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const GUIDE = 'docs/guides/operations.md';
const ORIGIN = 'nestjs-audit-ledger.local/ledger';

let folder: string;
const databases: TestDatabase[] = [];

const files = (name: string): string => join(folder, name);

const environment = ({ url }: TestDatabase, keyFile: string): Readonly<Record<string, string>> => ({
  DATABASE_URL: url,
  AUDIT_SIGNING_KEY_FILE: files(keyFile),
  AUDIT_LEDGER_ORIGIN: ORIGIN,
  AUDIT_CHECKPOINT_FILE: files('checkpoints'),
  LOST_VERIFIER_KEY: files('lost-verifier.key'),
});

async function follow(name: string, database: TestDatabase, keyFile: string): Promise<ScriptRun> {
  return runGuideScript(await guideScript(GUIDE, name), folder, environment(database, keyFile));
}

/** Logs in, and stops the application once what it recorded is sealed and published. */
async function useApplication(database: TestDatabase, keyFile: string): Promise<number> {
  const app = await startAppProcess(folder, {
    ...environment(database, keyFile),
    AUDIT_CHECKPOINT_INTERVAL_SECONDS: '1',
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  });
  const admin = new ApiClient(app.url);
  expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);
  const size = await eventually(async () => {
    const { size: sealed, waiting } = await verifyLedger({ database: database.url });
    const published = await readFile(files('checkpoints'), 'utf8').catch(() => '');
    return waiting === 0 && sealed > 0 && published.includes(`\n${sealed}\n`) && sealed;
  });
  expect(await app.end('SIGTERM')).toBe(0);
  return size;
}

afterAll(async () => {
  for (const database of databases) await database.drop();
  await rm(folder, { recursive: true });
});

describe('the drills of docs/guides/operations.md', () => {
  let original: TestDatabase;
  let restored: TestDatabase;
  let size: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'audit-drills-'));
    original = await createTestDatabase();
    databases.push(original);
    const early = await useApplication(original, 'signing.key');
    restored = await createTestDatabase({ copyOf: original });
    databases.push(restored);
    size = await useApplication(original, 'signing.key');
    expect(size).toBeGreaterThan(early);
  });

  it('adopt a restored ledger, and continue the file of published checkpoints', async () => {
    const { verifierKeys } = await readKeyFile(files('signing.key'), ORIGIN);
    await writeFile(files('lost-verifier.key'), `${verifierKeys.join('\n')}\n`);
    const verify = 'npx nestjs-audit-ledger verify --key "$LOST_VERIFIER_KEY" --checkpoint "$AUDIT_CHECKPOINT_FILE"';
    const before = await runGuideScript(verify, folder, environment(restored, 'signing.key'));
    expect(before).toMatchObject({ code: 1, output: expect.stringContaining('tail_truncated') });

    const adopted = await follow('adopt.sh', restored, 'signing.key');
    expect(adopted).toMatchObject({ code: 0, output: expect.stringContaining('Nothing was changed.') });
    expect(adopted.output).toContain('Adopted. The act of the event ');

    await useApplication(restored, 'signing.key');
    const after = await runGuideScript(verify, folder, environment(restored, 'signing.key'));
    expect(after.output).toMatch(
      new RegExp(`warning: An adoption \\(event .+ by .+\\) gave up the signed head of size ${size}, root `),
    );
    expect(after.output).toContain(`sound: ${ORIGIN}`);
    expect(after.code).toBe(0);
  });

  it('continue with a new key when the old one is lost', async () => {
    const made = await follow('new-key.sh', restored, 'new.key');
    expect(made).toMatchObject({ code: 0, output: expect.stringContaining(`sound: ${ORIGIN}`) });
    await useApplication(restored, 'new.key');
    const both = await follow('verify-both.sh', restored, 'new.key');
    expect(both.output).toMatch(/warning: An act of the log says that the key .+ was lost after it signed size \d+/);
    expect(both.output).toContain(`sound: ${ORIGIN}`);
    expect(both.code).toBe(0);
  });
});
