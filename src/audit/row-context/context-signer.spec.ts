import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { openScope } from '../context/audit-scope.js';
import { ContextSigner } from './context-signer.js';

const KEY = 'a key of the context: 32 letters';
const START_MS = 1_800_000_000_000;

function makeSigner(): { signer: ContextSigner; wait: (ms: number) => void } {
  let nowMs = START_MS;
  const wait = (ms: number): void => {
    nowMs += ms;
  };
  return { signer: new ContextSigner(KEY, () => nowMs), wait };
}

const read = (setting: string): unknown => JSON.parse(setting.slice(setting.indexOf('{')));

describe('the setting of a scope', () => {
  it('is its JSON in ASCII with a MAC', () => {
    const { signer } = makeSigner();
    const setting = signer.getSetting(openScope({ actor: { type: 'user', id: 'ü', name: '😀\u0000\ud800' } }));
    expect(setting).toMatch(/^v1\.[0-9a-f]{64}\.\{[\x20-\x7e]*\}$/);
    const [, mac, json = ''] = /^v1\.(.{64})\.(.*)$/.exec(setting) ?? [];
    expect(mac).toBe(createHmac('sha256', KEY).update(json).digest('hex'));
    expect(read(setting)).toEqual({
      signedAt: START_MS,
      actor: { type: 'user', id: 'ü', name: '😀\ufffd\ufffd' },
      request: undefined,
      operation: { id: expect.any(String) },
    });
  });

  it('is signed once, again when the scope changes, and again after a minute', () => {
    const { signer, wait } = makeSigner();
    const scope = openScope({ actor: { type: 'user', id: 'alice' } });
    const first = signer.getSetting(scope);
    wait(59_000);
    expect(signer.getSetting(scope)).toBe(first);
    scope.tenantId = 'acme';
    const second = signer.getSetting(scope);
    expect(read(second)).toMatchObject({ signedAt: START_MS + 59_000, tenantId: 'acme' });
    wait(60_000);
    expect(read(signer.getSetting(scope))).toMatchObject({ signedAt: START_MS + 119_000, tenantId: 'acme' });
  });

  it('cuts what is too long', () => {
    const { signer } = makeSigner();
    const long = 'x'.repeat(100_000);
    const setting = signer.getSetting(
      openScope({ actor: { id: long, name: long }, userAgent: long, requestId: long, tenantId: long, traceId: long }),
    );
    expect(setting.length).toBeLessThan(4_096);
  });
});
