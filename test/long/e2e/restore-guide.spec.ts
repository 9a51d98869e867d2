import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrateLedger } from '../../../src/monitoring/index.js';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import { addressInSchema } from '../../../src/monitoring/store/sessions/ledger-address.js';
import { readKeyFile } from '../../../src/monitoring/proof/signing/signing-key-file.js';
import { ApiClient, eventually, runSql, withoutSuffix } from '../../support/index.js';
import { startAppProcess } from '../../support/app-process.js';
import { guideScript, runGuideScript } from '../../support/guide-scripts.js';
import {
  isLeftOut,
  makeFolder,
  postgresPrograms,
  startInstalledServer,
  type InstalledServer,
} from '../../support/installed-servers.js';
import { ADMIN } from '../../support/reference-app.js';

const GUIDE = 'docs/guides/operate.md';
const ORIGIN = 'nestjs-audit-ledger.local/ledger';
const programs = postgresPrograms();

let folder: string;
const servers: InstalledServer[] = [];

interface Addresses {
  readonly admin: string;
  readonly application: string;
  readonly sequencer: string;
}

async function newServer(): Promise<Addresses> {
  const server = await startInstalledServer();
  servers.push(server);
  await runSql(server.superuserUrl, 'CREATE DATABASE app');
  const admin = Object.assign(new URL(server.superuserUrl), { pathname: '/app' }).href;
  const application = Object.assign(new URL(admin), { username: 'service', password: 'secret' }).href;
  const sequencer = Object.assign(new URL(application), { username: 'sealer' }).href;
  return { admin, application, sequencer };
}

const files = (name: string): string => join(folder, name);

async function startApplication({ application, sequencer }: Addresses) {
  return startAppProcess(folder, {
    DATABASE_URL: application,
    AUDIT_DATABASE_URL: addressInSchema(application, 'audit'),
    AUDIT_SEQUENCER_URL: sequencer,
    AUDIT_SIGNING_KEY_FILE: files('signing.key'),
    AUDIT_CHECKPOINT_FILE: files('checkpoints'),
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  });
}

async function useApplication(addresses: Addresses): Promise<number> {
  const app = await startApplication(addresses);
  const admin = new ApiClient(app.url);
  expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);
  const ledger = addressInSchema(addresses.application, 'audit');
  const size = await eventually(async () => {
    const { size: sealed, waiting } = await verifyLedger({ database: ledger });
    const published = await readFile(files('checkpoints'), 'utf8').catch(() => '');
    return waiting === 0 && sealed > 0 && published.includes(`\n${sealed}\n`) && sealed;
  });
  expect(await app.end('SIGTERM')).toBe(0);
  return size;
}

(isLeftOut('PostgreSQL', programs) ? describe.skip : describe)('the backup of docs/guides/operate.md', () => {
  let old: Addresses;
  let size: number;

  beforeAll(async () => {
    folder = await makeFolder('audit-restore-');
    await mkdir(files('home'));
    old = await newServer();
    await migrateLedger({ connectionUrl: old.application, sequencerUrl: old.sequencer, adminUrl: old.admin });
    await runSql(old.admin, 'GRANT CREATE ON SCHEMA public TO service');
    size = await useApplication(old);
    const { verifierKeys } = await readKeyFile(files('signing.key'), ORIGIN);
    await writeFile(files('verifier.key'), verifierKeys.join('\n'));
    const dumped = await runGuideScript(
      await guideScript(GUIDE, 'backup.sh'),
      folder,
      {
        ADMIN_DATABASE_URL: old.admin,
        AUDIT_SIGNING_KEY_FILE: files('signing.key'),
        AUDIT_CHECKPOINT_FILE: files('checkpoints'),
      },
      programs,
    );
    expect(dumped).toEqual({ code: 0, output: '' });
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  it('restores into an empty cluster, needs no repair, verifies, and continues', async () => {
    const fresh = await newServer();
    const restored = await runGuideScript(
      await guideScript(GUIDE, 'restore.sh'),
      folder,
      {
        NEW_ADMIN_DATABASE_URL: fresh.admin,
        NEW_DATABASE_URL: fresh.application,
        NEW_SEQUENCER_URL: fresh.sequencer,
        AUDIT_CHECKPOINT_FILE: files('checkpoints'),
        VERIFIER_KEY: files('verifier.key'),
      },
      programs,
    );
    expect(withoutSuffix(restored.output)).toContain(
      'Created the role audit_owner, which owns the ledger and cannot log in.',
    );
    expect(restored.output).toContain('Nothing to repair.');
    expect(restored.output).toContain(`sound: ${ORIGIN} has ${size} sealed events`);
    expect(restored.code).toBe(0);
    expect(await useApplication(fresh)).toBeGreaterThan(size);
  });
});
