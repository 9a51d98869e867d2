import { createHash, createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { useSqlScene } from '../../support/sql-scene.js';

const { failure, one, query, rows } = useSqlScene();

const KEY = Buffer.alloc(32, 7);
const ALICE = { actor: { type: 'user', id: 'alice', name: 'Ålice 😀' }, tenantId: 'acme' };

const pad = (key: Buffer, byte: number): Buffer =>
  Buffer.from(Buffer.concat([key, Buffer.alloc(64 - key.length)]).map((each) => each ^ byte));
const addKey = (id: string, key: Buffer, logins: readonly string[] | null = null) =>
  query('INSERT INTO audit_context_key (id, inner_pad, outer_pad, logins) VALUES ($1, $2, $3, $4)', [
    id,
    pad(key, 0x36),
    pad(key, 0x5c),
    logins,
  ]);

function sign(context: object, key = KEY): string {
  const json = JSON.stringify(context);
  return `v1.${createHmac('sha256', key).update(json).digest('hex')}.${json}`;
}
/** Seconds from the transaction's begin. */
async function signedAt(offsetSeconds: number, context: object = ALICE): Promise<string> {
  const beganAtMs = Number(await one('SELECT floor(extract(epoch FROM transaction_timestamp()) * 1000)'));
  return sign({ signedAt: beganAtMs + offsetSeconds * 1_000, ...context });
}
const set = (setting: string) => query(`SELECT set_config('audit.context', $1, true)`, [setting]);
const seen = () => rows('SELECT audit_context() AS context, audit_context_problem() AS problem');

const NONE = [{ context: null, problem: null }];
const FORGED = [{ context: null, problem: 'forged' }];
const EXPIRED = [{ context: null, problem: 'expired' }];

beforeEach(() => addKey('first', KEY));

describe('audit_context', () => {
  it('is what the setting says, if a key signed it', async () => {
    await set(await signedAt(0));
    expect(await seen()).toEqual([{ context: { signedAt: expect.any(Number), ...ALICE }, problem: null }]);
  });

  it('is NULL without the setting, and after the transaction that had it', async () => {
    expect(await seen()).toEqual(NONE);
    await set('');
    expect(await seen()).toEqual(NONE);
  });

  it('goes back with a rollback to a savepoint', async () => {
    await query('SAVEPOINT before');
    await set(await signedAt(0));
    expect(await one(`SELECT audit_context()->'actor'->>'id'`)).toBe('alice');
    await query('ROLLBACK TO SAVEPOINT before');
    expect(await seen()).toEqual(NONE);
  });

  it('knows two keys at once, and none that was removed', async () => {
    const second = Buffer.alloc(64, 9);
    await addKey('second', second);
    const setting = await signedAt(0);
    for (const each of [setting, sign(JSON.parse(setting.slice(68)) as object, second)]) {
      await set(each);
      expect(await one(`SELECT audit_context()->'actor'->>'id'`)).toBe('alice');
    }
    await query(`UPDATE audit_context_key SET ended_at = clock_timestamp() WHERE id = 'second'`);
    expect(await seen()).toEqual(FORGED);
  });

  it('is for the logins of the key alone, where it names some', async () => {
    await query('DELETE FROM audit_context_key');
    await addKey('of app', KEY, ['app']);
    await set(await signedAt(0));
    expect(await seen()).toEqual(FORGED);
    await query('SET LOCAL SESSION AUTHORIZATION app');
    expect(await one(`SELECT audit_context()->'actor'->>'id'`)).toBe('alice');
  });

  it('is for writers to read, and its keys are for nobody', async () => {
    await set(await signedAt(0));
    await query('SET LOCAL ROLE audit_writer');
    expect(await one(`SELECT audit_context()->>'tenantId'`)).toBe('acme');
    for (const role of ['audit_writer', 'audit_sequencer', 'audit_reader', 'audit_keeper']) {
      await query(`SET LOCAL ROLE ${role}`);
      if (role !== 'audit_writer') expect(await failure('SELECT audit_context()')).toContain('42501');
      expect(await failure('SELECT inner_pad FROM audit_context_key')).toContain('42501');
      expect(await failure('SELECT outer_pad FROM audit_context_key')).toContain('42501');
      expect(await failure('DELETE FROM audit_context_key')).toContain('42501');
    }
    await query('SET LOCAL ROLE audit_reader');
    expect(await rows('SELECT id, logins FROM audit_context_key')).toEqual([{ id: 'first', logins: null }]);
  });
});

describe('audit_context_problem', () => {
  it.each<[string, (setting: string) => string]>([
    ['with another MAC', (setting) => setting.replace(/^v1\../, (start) => (start === 'v1.0' ? 'v1.1' : 'v1.0'))],
    ['with other words', (setting) => setting.replace('alice', 'bobby')],
    ['by an unknown key', (setting) => sign(JSON.parse(setting.slice(68)) as object, Buffer.alloc(32))],
    ['with a MAC in capitals', (setting) => `v1.${setting.slice(3, 67).toUpperCase()}${setting.slice(67)}`],
    ['of another version', (setting) => setting.replace('v1', 'v2')],
    ['without a MAC', (setting) => setting.slice(68)],
    ['that is too short', () => 'v1.'],
    ['that is any text', () => 'alice'],
  ])('says that a context %s is forged', async (_how, change) => {
    const setting = await signedAt(0);
    expect(change(setting)).not.toBe(setting);
    await set(change(setting));
    expect(await seen()).toEqual(FORGED);
  });

  it('says that a context is expired which was signed long before the transaction, or by a clock that is far ahead', async () => {
    for (const [offsetSeconds, expected] of [
      [-299, 'alice'],
      [-301, undefined],
      [299, 'alice'],
      [600, undefined],
    ] as const) {
      await set(await signedAt(offsetSeconds));
      if (expected === undefined) expect(await seen()).toEqual(EXPIRED);
      else expect(await one(`SELECT audit_context()->'actor'->>'id'`)).toBe(expected);
    }
    await set(sign(ALICE));
    expect(await seen()).toEqual(EXPIRED);
  });

  it('is NULL for a context that counts', async () => {
    await set(await signedAt(0));
    expect(await one('SELECT audit_context_problem()')).toBeNull();
  });
});

describe('audit_context_signed', () => {
  const signed = (settings: readonly string[], logins: readonly string[]) =>
    rows('SELECT nth::int, ended_at FROM audit_context_signed($1::text[], $2::text[]) ORDER BY nth', [
      settings,
      logins,
    ]);

  it('names the settings that a key of the login signed', async () => {
    await addKey('of app', Buffer.alloc(32, 8), ['app']);
    const [mine, apps] = [sign(ALICE), sign(ALICE, Buffer.alloc(32, 8))];
    const given = [mine, `${mine} `, apps, apps, 'v1.', ''];
    expect(await signed(given, ['any', 'any', 'app', 'other', 'any', 'any'])).toEqual([
      { nth: 1, ended_at: null },
      { nth: 3, ended_at: null },
    ]);
  });

  it('tells when the key ended, unless another one still counts', async () => {
    await query(`UPDATE audit_context_key SET ended_at = '2026-01-01T00:00:00Z'`);
    expect(await signed([sign(ALICE)], ['any'])).toEqual([{ nth: 1, ended_at: new Date('2026-01-01T00:00:00Z') }]);
    await addKey('first', KEY);
    expect(await signed([sign(ALICE)], ['any'])).toEqual([{ nth: 1, ended_at: null }]);
  });

  it('is for the drain alone', async () => {
    await query('SET LOCAL ROLE audit_writer');
    expect(await failure(`SELECT audit_context_signed('{}', '{}')`)).toContain('42501');
  });
});

describe('audit_context_key_states', () => {
  it('has the digest of each key, and its times, and never the key', async () => {
    await addKey('second', Buffer.alloc(32, 9), ['app']);
    await query(`UPDATE audit_context_key SET ended_at = '2026-11-20T08:00:00.12Z' WHERE id = 'second'`);
    const fingerprint = (key: Buffer): string =>
      createHash('sha256').update(pad(key, 0x36)).update(pad(key, 0x5c)).digest('hex');
    const added = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await rows('SELECT * FROM audit_context_key_states() ORDER BY id')).toEqual([
      { id: 'first', fingerprint: fingerprint(KEY), logins: null, added_at: added, ended_at: null },
      {
        ...{ id: 'second', fingerprint: fingerprint(Buffer.alloc(32, 9)), logins: ['app'], added_at: added },
        ended_at: '2026-11-20T08:00:00.120Z',
      },
    ]);
  });
});
