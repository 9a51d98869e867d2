import { createHmac } from 'node:crypto';
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
async function signedAt(offsetSeconds: number, context: object = ALICE): Promise<string> {
  const beganAtMs = Number(await one('SELECT floor(extract(epoch FROM transaction_timestamp()) * 1000)'));
  return sign({ signedAt: beganAtMs + offsetSeconds * 1_000, ...context });
}
const set = (setting: string) => query(`SELECT set_config('audit.context', $1, true)`, [setting]);
const seen = () => rows('SELECT audit_context() AS context, audit_context_problem() AS problem');

const FORGED = [{ context: null, problem: 'forged' }];
const EXPIRED = [{ context: null, problem: 'expired' }];

beforeEach(() => addKey('first', KEY));

describe('audit_context', () => {
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
});
