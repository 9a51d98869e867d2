import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AUDIT_EXTENSIONS } from '../../../migrations/audit-migrations.js';
import { migrateLedger } from '../../../src/monitoring/index.js';
import { addressInSchema } from '../../../src/monitoring/store/sessions/ledger-address.js';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../../src/shop/database/embedded/start-embedded-postgres.js';
import { ApiClient, eventually, runSql } from '../../support/index.js';
import { startAppProcess } from '../../support/app-process.js';
import { guideScript, runGuideScript } from '../../support/guide-scripts.js';
import { makeFolder } from '../../support/installed-servers.js';
import { ADMIN } from '../../support/reference-app.js';
import { TESTS_KEY } from '../../support/writers.js';

const GUIDE = 'docs/guides/remove.md';
/** A table of the reference application, whose name contains `audit`. */
const OWN_TABLE = 'admin_audit_log';

let server: EmbeddedPostgres;
let folder: string;
let adminUrl: string;
let sequencerUrl: string;
let before: readonly string[];

const script = (name: string): Promise<string> => guideScript(GUIDE, name);
const inDatabase = (url: string, name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;

/** Lists the relations, functions, triggers, policies, schemas and rights outside the server's own schemas. */
async function listObjects(url: string): Promise<readonly string[]> {
  const rows = await runSql(
    url,
    `WITH own AS (SELECT oid, nspname, nspacl FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)')
     SELECT 'relation ' || c.oid::regclass || coalesce(' ' || c.relacl::text, '') AS object FROM pg_class c JOIN own ON own.oid = relnamespace
     UNION ALL SELECT 'function ' || p.oid::regprocedure FROM pg_proc p JOIN own ON own.oid = pronamespace
     UNION ALL SELECT 'type ' || t.oid::regtype FROM pg_type t JOIN own ON own.oid = typnamespace
     UNION ALL SELECT 'trigger ' || tgname || ' of ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL SELECT 'policy ' || polname FROM pg_policy
     UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
     UNION ALL SELECT 'default rights ' || oid FROM pg_default_acl
     UNION ALL SELECT 'schema ' || nspname FROM own
     UNION ALL SELECT 'rights on ' || nspname FROM own WHERE nspacl::text ~ 'audit_'
     ORDER BY 1`,
  );
  return rows.map(({ object }) => String(object));
}

const ledgerRoles = (): Promise<readonly unknown[]> =>
  runSql(server.superuserUrl, `SELECT rolname FROM pg_roles WHERE rolname ~ '^audit_|^app_sequencer$'`);

async function useShop(environment: Readonly<Record<string, string>>, work: (admin: ApiClient) => Promise<unknown>) {
  const app = await startAppProcess(folder, {
    DATABASE_URL: server.url,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    AUDIT_WRITER_KEY: TESTS_KEY,
    ...environment,
  });
  try {
    const admin = new ApiClient(app.url);
    expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);
    await work(admin);
  } catch (error) {
    throw new Error(app.output(), { cause: error });
  } finally {
    await app.end('SIGTERM');
  }
}

const createProduct = async (admin: ApiClient, sku: string): Promise<number> =>
  (await admin.send('POST', '/products', { sku, name: sku, priceCents: 100 })).status;

beforeAll(async () => {
  folder = await makeFolder('audit-remove-');
  await mkdir(join(folder, 'pg'));
  server = await startEmbeddedPostgres({
    dir: join(folder, 'pg'),
    serverSettings: { fsync: 'off' },
    log: () => undefined,
  });
  adminUrl = inDatabase(server.superuserUrl, 'app');
  sequencerUrl = Object.assign(new URL(server.url), { username: 'app_sequencer', password: 'secret' }).href;
});
afterAll(async () => {
  await server.stop();
});

describe('the scripts of docs/guides/remove.md', () => {
  it('leave nothing of the ledger, and the application works without it', async () => {
    await useShop({ MONITORING_ENABLED: 'false' }, (admin) => createProduct(admin, 'first'));
    before = await listObjects(adminUrl);
    await migrateLedger({ connectionUrl: server.url, sequencerUrl, adminUrl, schema: 'audit', with: AUDIT_EXTENSIONS });
    const ledger = { AUDIT_DATABASE_URL: addressInSchema(server.url, 'audit'), AUDIT_SEQUENCER_URL: sequencerUrl };
    await useShop({ ...ledger, AUDIT_ROW_CHANGES: 'true' }, async (admin) => {
      expect(await createProduct(admin, 'second')).toBe(201);
      await eventually(async () => {
        const [row] = await runSql(
          addressInSchema(adminUrl, 'audit'),
          `SELECT count(*)::int AS changes FROM audit_event WHERE category = 'data_change'`,
        );
        return Number(row?.changes) > 0;
      });
    });
    const during = await listObjects(adminUrl);
    expect(during).toContain('trigger row_capture_insert of catalog_product');
    expect(during).toContain('function row_digests_catalog_product(text[])');

    const kept = await runGuideScript(await script('keep-evidence.sh'), folder, {
      DATABASE_URL: server.url,
      ...ledger,
      AUDIT_SIGNING_KEY_FILE: '.data/signing.key',
      AUDIT_WRITER_KEY: TESTS_KEY,
    });
    expect(kept).toMatchObject({ code: 0 });

    await runSql(adminUrl, await script('remove-ledger.sql'));
    await runSql(adminUrl, await script('remove-logins.sql'));

    expect(await listObjects(adminUrl)).toEqual(before);
    expect(before).toContainEqual(expect.stringContaining(OWN_TABLE));
    expect(await ledgerRoles()).toEqual([]);
    await useShop({ MONITORING_ENABLED: 'false' }, async (admin) => {
      expect(await createProduct(admin, 'third')).toBe(201);
    });
    const verified = await runGuideScript(
      'npx nestjs-audit-ledger verify evidence/events.jsonl --key evidence/verifier.key',
      folder,
      {},
    );
    expect(verified).toMatchObject({ code: 0, output: expect.stringContaining('sound') });
  });
});
