import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ApiClient, eventually, type ShownEvent, runSql, tempFolder } from '../../support/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { startAppProcess, type AppProcess } from '../../support/app-process.js';
import { ADMIN } from '../../support/reference-app.js';
import { getRequestId } from '../../support/request-ids.js';

const AS_ADMIN = { ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password } as const;

describe('the application with its embedded PostgreSQL', () => {
  let home: string;
  let app: AppProcess | undefined;

  beforeAll(async () => {
    home = await tempFolder('audit-app-');
    await chmod(home, 0o755); // the database's user has to reach its folder
  });
  afterEach(async () => {
    if (app?.child.exitCode === null && app.child.signalCode === null) await app.end('SIGTERM');
    app = undefined;
  });
  let password: string | undefined;
  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    app = await startAppProcess(home, { EMBEDDED_PG_DIR: join(home, 'pg'), ...environment });
    return app;
  };
  const logIn = async ({ url }: AppProcess) => {
    const admin = new ApiClient(url);
    expect(await admin.logIn('admin@example.com', String(password))).toBe(200);
    return admin;
  };

  it('starts on an empty folder, tells an administrator password, and stops it all cleanly on SIGTERM', async () => {
    const app = await start();
    password = /password:?\s+(\S+)/i.exec(app.output())?.[1];
    await logIn(app);
    const lines = app
      .output()
      .split('\n')
      .filter((line) => line !== '');
    expect(lines.length).toBeLessThanOrEqual(10); // a person reads them
    expect(lines.filter((line) => !line.startsWith('{'))).toEqual([
      expect.stringMatching(/The first administrator, shown only now: admin@example\.com, password: \S+$/),
    ]);
    expect(lines.at(-1)).toContain(
      `Listening on ${app.url} (express): API description at ${app.url}/docs, audit viewer at ${app.url}/audit/ui`,
    );
    // 127.0.0.2 is another address of this machine's loopback network.
    await expect(fetch(app.url.replace('127.0.0.1', '127.0.0.2'))).rejects.toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    });
    for (const path of ['/docs', '/audit/ui']) expect((await fetch(app.url + path)).status).toBe(200);
    const url = await readFile(join(home, 'pg', 'url'), 'utf8');

    const env = { PATH: process.env.PATH, EMBEDDED_PG_DIR: join(home, 'pg') };
    const verify = [resolve('dist/src/cli/main.js'), 'verify'];
    const { stdout: verified } = await promisify(execFile)(process.execPath, verify, { cwd: home, env });
    expect(verified).toMatch(/^sound: /m); // it found the database by itself

    const ledgerUrl = (await readFile(join(home, 'pg', 'ledger.url'), 'utf8')).trim();
    const owners = 'SELECT pg_get_userbyid(relowner)::text AS owner FROM pg_class WHERE oid = to_regclass($1)';
    expect(await runSql(ledgerUrl, owners, ['audit_event'])).toEqual([
      { owner: expect.stringMatching(/^audit_owner_/) },
    ]);
    expect(await runSql(ledgerUrl, owners, ['public.auth_user'])).toEqual([{ owner: 'app' }]);
    for (const change of [
      `SET audit.act = 'retire'; DELETE FROM audit_event`,
      'ALTER TABLE audit_event DISABLE TRIGGER ALL',
      'SET ROLE audit_writer; DELETE FROM audit_inbox',
      'SET ROLE audit_sequencer',
      'SET ROLE audit_keeper',
    ]) {
      await expect(runSql(ledgerUrl, change)).rejects.toThrow(/permission denied|must be owner/);
    }
    const sequencerUrl = (await readFile(join(home, 'pg', 'sequencer.url'), 'utf8')).trim();
    expect(await runSql(sequencerUrl, 'SET ROLE audit_sequencer')).toEqual([]);
    for (const warning of ['the owner of the ledger', 'adds events and may also seal, retire or erase them']) {
      expect(app.output()).not.toContain(warning);
    }

    expect(await app.end('SIGTERM')).toBe(0);
    await expect(runSql(url.trim(), 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('survives kill -9: the next start finds the orphaned database with its data, and SIGINT stops it', async () => {
    const killed = await start();
    await killed.end('SIGKILL');
    const app = await start({ ADMIN_PASSWORD: 'given after the first start' });
    const admin = await logIn(app);
    expect(app.output().split('\n').length).toBeLessThanOrEqual(7);

    await eventually(async () => (await admin.events('type=user_login_success')).length >= 2); // a question waits for a second only
    for (const { output } of [killed, app]) expect(output()).not.toContain('shown only now');
    expect(await app.end('SIGINT')).toBe(0);
  });

  it('plays a week for a demonstration, only once, and leads from / to the viewer', async () => {
    const shop = await tempFolder('audit-shop-');
    await chmod(shop, 0o755);
    const open = async () => {
      app = await startAppProcess(shop, { ...AS_ADMIN }, undefined, ['--demonstration']);
      const admin = new ApiClient(app.url);
      await admin.logIn(ADMIN.email, ADMIN.password);
      return admin;
    };
    const admin = await open();
    expect((await fetch(`${String(app?.url)}/`)).url).toBe(`${String(app?.url)}/audit/ui`);
    const week = await eventually(async () => {
      const events = await admin.events('category[ne]=audit_access');
      const types = events.map(({ type }) => type);
      return types.includes('demonstration_played') && types.includes('alert_raised') && events; // rules run on their own
    });
    const happened = [
      ...['order_canceled', 'payment_refund_failed', 'payment_refund_partial', 'row_changed_externally'],
      ...['store_creation_denied', 'product_deleted', 'gdpr_data_deleted'],
    ];
    expect(week.map(({ type }) => type)).toEqual(expect.arrayContaining(['demonstration_played', ...happened]));
    const days = new Set(week.filter(isInvented).map(({ occurredAt }) => occurredAt.slice(0, 10)));
    expect(days.size).toBeGreaterThanOrEqual(8);
    const own = week.filter(({ type }) => /^audit_capture|^audit_context/.test(type));
    for (const { occurredAt } of own) expect(Date.now() - Date.parse(occurredAt)).toBeLessThan(86_400_000);
    await app?.end('SIGTERM');

    const again = await (await open()).events('category[ne]=audit_access');
    expect(again.filter(isInvented)).toHaveLength(week.filter(isInvented).length);
  });

  it('after a setting stopped the start, the next start uses the server that still runs, and stops it', async () => {
    const ended = await failure(
      startAppProcess(home, { EMBEDDED_PG_DIR: join(home, 'pg'), AUDIT_WITNESS_QUORUM: '3' }),
    );
    expect(timesIn(ended, 'Cannot start MonitoringModule')).toBe(1);
    expect(ended).not.toContain(STACK);

    const app = await start();
    expect(app.output()).not.toContain('starting the PostgreSQL');
    expect(await app.end('SIGTERM')).toBe(0);
    const url = (await readFile(join(home, 'pg', 'url'), 'utf8')).trim();
    await expect(runSql(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(existsSync(join(home, 'pg', 'data', 'postmaster.pid'))).toBe(false);
  });
});

function isInvented(event: ShownEvent): boolean {
  return event.metadata?.demonstration === true;
}

const STACK = '    at ';

async function failure(start: Promise<unknown>): Promise<string> {
  const error: unknown = await start.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('The application started.');
  return error.message.replaceAll('\\n', '\n');
}

function timesIn(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe('the application with DATABASE_URL', () => {
  let database: TestDatabase;
  let home: string;

  beforeAll(async () => {
    database = await createTestDatabase({ empty: true });
    home = await tempFolder('audit-app-');
  });
  afterAll(() => database.drop());

  it('embeds nothing, listens on all networks where HOST asks for it, and on SIGTERM finishes the request that waits for its event', async () => {
    const app = await startAppProcess(home, { DATABASE_URL: database.url, HOST: '0.0.0.0', ...AS_ADMIN });
    const admin = new ApiClient(app.url.replace('127.0.0.1', '127.0.0.2'));
    expect(await admin.logIn(ADMIN.email, ADMIN.password)).toBe(200);
    const lock = new pg.Client({ connectionString: database.superuserUrl });
    await lock.connect();
    await lock.query('BEGIN');
    await lock.query('LOCK TABLE audit_inbox IN EXCLUSIVE MODE');
    const answer = admin.send('POST', '/admin/stores', { name: 'Late' }, { 'x-request-id': getRequestId('late') });
    await eventually(async () => {
      const rows = await database.superuserSql(
        `SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'`,
        [database.name],
      );
      return rows.length > 0;
    });

    const ended = app.end('SIGTERM');
    await eventually(() => app.output().includes('Stopping on SIGTERM'));
    await lock.query('COMMIT');
    await lock.end();

    expect((await answer).status).toBe(201);
    expect(await ended).toBe(0);
    expect(await database.sql(`SELECT type FROM audit_event WHERE request_id = '${getRequestId('late')}'`)).toEqual([
      { type: 'store_created' },
    ]);
    expect(await database.sql('SELECT logins FROM audit_context_key')).toEqual([{ logins: ['app'] }]);
    expect(app.output()).not.toContain('starting the PostgreSQL');
  });
});
