import { describe, expect, it } from '@jest/globals';
import { verifyContext, verifyOrigins } from './read-outbox.js';

const MINUTE_MS = 60_000;
const SIGNED_AT = 1_800_000_000_000;
const CONTEXT = { signedAt: SIGNED_AT, actor: { id: 'alice' } };
const SETTING = `v1.${'0'.repeat(64)}.${JSON.stringify(CONTEXT)}`;
const VALID = { endedAt: undefined };

const minutesAfter = (started: number, changed = started) => ({
  startedAt: new Date(SIGNED_AT + started * MINUTE_MS),
  changedAt: new Date(SIGNED_AT + changed * MINUTE_MS),
});

describe('the context of a captured change', () => {
  it('is valid if a key signed it', () => {
    expect(verifyContext(SETTING, VALID, minutesAfter(0))).toEqual(CONTEXT);
  });

  it('is null without a setting, and forged without a signature', () => {
    expect(verifyContext('', undefined, minutesAfter(0))).toBeNull();
    expect(verifyContext(SETTING, undefined, minutesAfter(0))).toBe('forged');
    expect(verifyContext('anything', undefined, minutesAfter(0))).toBe('forged');
  });

  it('counts for transactions that begin up to five minutes later, however long they last', () => {
    expect(verifyContext(SETTING, VALID, minutesAfter(5, 600))).toEqual(CONTEXT);
    expect(verifyContext(SETTING, VALID, minutesAfter(5.001))).toBe('expired');
  });

  it('may be signed up to five minutes after the change, by another clock', () => {
    expect(verifyContext(SETTING, VALID, minutesAfter(-5))).toEqual(CONTEXT);
    expect(verifyContext(SETTING, VALID, minutesAfter(-5.001))).toBe('expired');
    expect(verifyContext(SETTING, VALID, minutesAfter(-60, 0))).toEqual(CONTEXT);
  });

  it('is expired without the time of its signature', () => {
    const undated = `v1.${'0'.repeat(64)}.{"actor":{"id":"alice"}}`;
    expect(verifyContext(undated, VALID, minutesAfter(0))).toBe('expired');
  });

  it('counts for changes before its key ended, and not for later ones', () => {
    const signature = { endedAt: new Date(SIGNED_AT + MINUTE_MS) };
    expect(verifyContext(SETTING, signature, minutesAfter(0, 0.999))).toEqual(CONTEXT);
    expect(verifyContext(SETTING, signature, minutesAfter(0, 1))).toBe('forged');
  });
});

describe('origins that no trigger wrote', () => {
  const row = { begun_at: new Date(SIGNED_AT), changed_at: new Date(SIGNED_AT) };
  const sent: unknown[] = [];
  const session = {
    rows: (_text: string, values: readonly unknown[] = []) => {
      sent.push(...values);
      return Promise.resolve([]);
    },
  };

  it('send no text to the database that the database refuses', async () => {
    const origins = [String.raw`{"context":"v1.\u0000"}`, String.raw`{"context":"v1.","role":"\u0000"}`];
    const rows = await verifyOrigins(
      session,
      origins.map((origin) => ({ ...row, origin })),
    );
    expect(sent).toEqual([]);
    expect(rows.map(({ madeBy }) => madeBy)).toMatchObject([
      { contextProblem: 'forged' },
      { contextProblem: 'forged' },
    ]);
  });

  it('are undefined at an infinite time, so that the change is parked', async () => {
    const rows = await verifyOrigins(session, [{ ...row, changed_at: Infinity, origin: '{"context":null}' }]);
    expect(rows.map(({ madeBy }) => madeBy)).toEqual([undefined]);
  });
});
