import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { AuditEvent } from '../../../src/audit/index.js';
import type { LedgerPermission } from '../../../src/monitoring/index.js';
import { SecretsKey } from '../../../src/rooms/streams/manage/secrets-key.js';
import { ApiClient, eventually, freshKeyFile, kept, testDatabase } from '../../support/index.js';
import { addSealed, passed, startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { startWebhookReceiver, webhookSecret } from '../../support/webhook-receiver.js';

const [OLD, NEW] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];

const keyFile = freshKeyFile();

const database = await testDatabase();
const receiver = await kept(startWebhookReceiver());

function idOf(key: string): string | undefined {
  return SecretsKey.parse(key)?.id;
}

async function withKeys(
  keys: string | readonly string[] | undefined,
  work: (api: ApiClient, app: StreamApp) => Promise<unknown>,
  instances = 1,
): Promise<void> {
  const authorize = (_request: unknown, permission: LedgerPermission) => ({ scope: 'all', permission }) as const;
  const apps: StreamApp[] = [];
  for (let nth = 0; nth < instances; nth += 1) {
    apps.push(await startStreamApp(database, keyFile, [], { streamSecretsKey: keys, authorize }));
  }
  const [first] = apps;
  if (!first) throw new Error('no instance was started');
  try {
    await work(new ApiClient(first.url), first);
  } finally {
    for (const app of apps) await app.close();
  }
}

async function show(api: ApiClient): Promise<Readonly<Record<string, unknown>>> {
  return (await api.send<Readonly<Record<string, unknown>>>('GET', '/audit/streams/siem')).body;
}

async function actsOf(change: string): Promise<number> {
  const [row] = await database.sql(`SELECT count(*)::int AS acts FROM audit_act WHERE note LIKE $1`, [
    `%"change":"${change}"%`,
  ]);
  return Number(row?.acts);
}

function sent(): readonly number[] {
  return receiver.accepted().flatMap(({ events }) => events.map(({ index }) => index));
}

describe('the key of the secrets of streams', () => {
  it('is replaced by a newer one that is given before it: secrets are encrypted again, in one signed act', async () => {
    await withKeys(OLD, async (api) => {
      const { destination } = receiver;
      const made = await api.send('POST', '/audit/streams', { name: 'siem', destination, personal: 'omit' });
      expect(made.status).toBe(201);
      await api.send('POST', '/audit/streams/siem/rotate-secret', { secret: webhookSecret(), graceDays: 5 });
      await addSealed(database, 5);
      await passed(database, 'siem');
      expect(await show(api)).toMatchObject({ secretsKeyId: idOf(OLD), lastError: null });
    });
    const until = await database.superuserSql('SELECT old_secret_until FROM audit_stream_definition');

    await withKeys(
      [NEW, OLD],
      async (api) => {
        await eventually(async () => (await show(api)).secretsKeyId === idOf(NEW));
        await addSealed(database, 5);
        await passed(database, 'siem');
        const { body } = await api.send<{ items: readonly AuditEvent[] }>(
          'GET',
          '/audit/events?type=audit_stream_changed&limit=1',
        );
        expect(body.items[0]).toMatchObject({ actor: { type: 'system' } });
      },
      2,
    );

    expect(await actsOf('secrets_rekeyed')).toBe(1);
    expect(await database.superuserSql('SELECT old_secret_until FROM audit_stream_definition')).toEqual(until);
  });

  it('is needed no more once a newer one encrypts', async () => {
    await withKeys(NEW, async (api) => {
      const size = await addSealed(database, 5);
      await passed(database, 'siem');
      expect([...new Set(sent())].slice(0, size)).toEqual(Array.from({ length: size }, (_, index) => index));
      expect((await show(api)).lastError).toBeNull();
    });
    expect(receiver.unverified).toEqual([]);
  });

  it('is named by the stream when it is missing, and nothing is lost meanwhile', async () => {
    const said = `Cannot read the secrets of the stream siem: the key ${idOf(NEW) ?? ''} encrypted them, and `;
    await withKeys(OLD, async (api) => {
      const { lastError } = await eventually(async () => {
        const shown = await show(api);
        return typeof shown.lastError === 'string' && shown;
      });
      expect(lastError).toContain(`${said}streamSecretsKey has the key ${idOf(OLD) ?? ''}.`);
      await addSealed(database, 5);
    });
    await withKeys(undefined, async (_api, { runner }) => {
      const problems = (await runner.problems()).map(({ message }) => message);
      expect(problems).toContainEqual(expect.stringContaining(`${said}streamSecretsKey is not set.`));
    });

    await withKeys([NEW, OLD], async (api) => {
      const size = await passed(database, 'siem');
      expect([...new Set(sent())].slice(0, size)).toEqual(Array.from({ length: size }, (_, index) => index));
      expect((await show(api)).lastError).toBeNull();
    });
    expect(await actsOf('secrets_rekeyed')).toBe(1);
  });
});
