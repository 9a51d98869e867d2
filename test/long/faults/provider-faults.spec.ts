import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { AuditProvider, type AuditEvent, type DeliveryResult } from '../../../src/audit/index.js';
import { startProviderScene, type ProviderScene } from './support/provider-scene.js';

const REQUESTS = 500;
const AFTERWARDS = 100;
const TIMEOUT_MS = 200;
/** Of {@link REQUESTS}, those that may wait for a provider before it is suspended: three batches of 50 clients, and one more. */
const MOST_WAITING = 200;

/** A provider whose behaviour the test gives. */
class ScriptedProvider implements AuditProvider {
  behave: (batch: readonly AuditEvent[]) => Promise<void> = () => Promise.resolve();

  record(batch: readonly AuditEvent[]): Promise<void> {
    return this.behave(batch);
  }
}

@AuditProvider({ backend: 'bad' })
class AwaitedProvider extends ScriptedProvider {}

@AuditProvider({ backend: 'bad', awaited: false })
class BackgroundProvider extends ScriptedProvider {}

const never = (): Promise<void> => new Promise(() => undefined);

let scene: ProviderScene | undefined;
let spillDir: string;

async function start(bad: ScriptedProvider): Promise<ProviderScene> {
  scene = await startProviderScene(bad, { providerTimeoutMs: TIMEOUT_MS, spillDir });
  return scene;
}

/** Why a provider did not store an event; empty where it did. */
function errorOf(result: DeliveryResult | undefined): string {
  return result !== undefined && 'error' in result ? result.error : '';
}

function storedOnce({ stored }: ProviderScene): number {
  const ids = stored().map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  return ids.length;
}

beforeEach(async () => {
  spillDir = await mkdtemp(join(tmpdir(), 'audit-spill-'));
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});
afterEach(async () => {
  await scene?.close();
  scene = undefined;
  await rm(spillDir, { recursive: true, force: true });
  jest.restoreAllMocks();
});

describe('a provider that the response waits for', () => {
  it('and that hangs forever costs the route a few waits, then none, and the others nothing', async () => {
    const bad = new AwaitedProvider();
    bad.behave = never;
    const hanging = await start(bad);
    const receipts = await hanging.send(REQUESTS);

    const waited = receipts.filter(({ providers }) => errorOf(providers.bad).startsWith('no answer within'));
    expect(waited.length).toBeLessThanOrEqual(MOST_WAITING);
    expect(receipts.filter(({ providers }) => providers.bad?.status === 'spilled')).toHaveLength(REQUESTS);
    expect(storedOnce(hanging)).toBe(REQUESTS);
    expect((await hanging.audit.health()).bad).toMatchObject({ state: 'suspended', waiting: 0, failed: 0 });
  });

  it('and that rejects or resolves after its time-out is nothing but late', async () => {
    const bad = new AwaitedProvider();
    let late: (() => void)[] = [];
    let asked = 0;
    bad.behave = () =>
      new Promise((resolve, reject) => {
        late.push(asked++ % 2 === 0 ? resolve : () => reject(new Error('too late')));
      });
    const lagging = await start(bad);
    const receipts = await lagging.send(REQUESTS);
    for (const answer of late) answer();
    late = [];
    const next = await lagging.send(AFTERWARDS);

    expect([...receipts, ...next].every(({ providers }) => providers.memory?.status === 'recorded')).toBe(true);
    expect(receipts.every(({ providers }) => providers.bad?.status === 'spilled')).toBe(true);
    expect(storedOnce(lagging)).toBe(REQUESTS + AFTERWARDS);
  });
});

describe('a provider that nobody waits for', () => {
  it('and that hangs forever holds no response up, and its backlog stays bounded', async () => {
    const bad = new BackgroundProvider();
    bad.behave = never;
    const hanging = await start(bad);
    const receipts = await hanging.send(REQUESTS);

    expect(receipts.map(({ providers }) => providers)).toEqual(
      Array(REQUESTS).fill({ bad: { status: 'skipped', why: 'not awaited' }, memory: { status: 'recorded' } }),
    );
    expect(storedOnce(hanging)).toBe(REQUESTS);
    await hanging.audit.drain();
    const { bad: health } = await hanging.audit.health();
    expect(health).toMatchObject({ waiting: 0, failed: 0 });
    expect(health?.spilled).toBeGreaterThanOrEqual(REQUESTS);
  });
});
