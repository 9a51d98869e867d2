import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { filesIn } from '../../support/spilled.js';
import { requestIds, TestApplication } from './support/test-application.js';

/** Long enough that nothing is given up before the shutdown. */
const PATIENT = { PROVIDER_TIMEOUT_MS: '60000' };

let scene: TestApplication;

afterEach(() => scene.remove());

describe('SIGTERM while events wait', () => {
  it('ends the application after all of them are in the ledger', async () => {
    scene = await TestApplication.start(PATIENT);
    const ids = requestIds('waiting', 100);
    let ended: Promise<number | null> | undefined;
    await scene.whileLedgerIsLocked(async () => {
      expect(new Set(await scene.send('/glances', ids))).toEqual(new Set([201]));
      expect((await scene.health()).database?.waiting).toBe(ids.length);
      ended = scene.app.end('SIGTERM');
    });
    await ended;

    expect(await scene.sealedRequestIds()).toEqual(ids);
  });

  it('and the database gone: says that they are in the spill, and the next start replays them', async () => {
    scene = await TestApplication.start(PATIENT);
    const ids = requestIds('kept', 100);
    let ended: Promise<number | null> | undefined;
    await scene.whileLedgerIsLocked(async () => {
      await scene.send('/glances', ids);
      ended = scene.app.end('SIGTERM');
      await scene.shutDatabase();
    });
    await ended;
    await eventually(() => /Cannot store .*events? .*Kept in the spill/.test(scene.app.output()));

    await scene.openDatabase();
    await scene.startAgain();
    await eventually(() => scene.isSound());
    expect(await scene.sealedRequestIds()).toEqual(ids);
  });
});

describe('events that no handler awaits, in an application that ends without shutdown hooks', () => {
  const ids = requestIds('unhooked', 100);

  it('are in the ledger when SIGTERM ends the process', async () => {
    scene = await TestApplication.start({ SHUTDOWN_HOOKS: 'off' });
    const sent = ids.map((id) => scene.send('/glances', [id]));
    expect((await Promise.all(sent)).flat()).toEqual(ids.map(() => 201));

    await scene.app.end('SIGTERM');

    expect(scene.app.child.signalCode).toBe('SIGTERM');
    expect((await filesIn(scene.spillDir)).filter((name) => name.endsWith('.jsonl'))).toEqual([]);
    await scene.startAgain();
    expect(await scene.sealedRequestIds()).toEqual(ids);
  });

  it('are in the spill when the ledger is locked until SIGTERM has ended the process', async () => {
    scene = await TestApplication.start({ SHUTDOWN_HOOKS: 'off' });
    await scene.whileLedgerIsLocked(async () => {
      await scene.send('/glances', ids);
      await scene.app.end('SIGTERM');
    });

    await scene.startAgain();
    await eventually(async () => (await scene.storedRequestIds()).length >= ids.length);
    expect(await scene.sealedRequestIds()).toEqual(ids);
  });

  it('are in the spill when a listener of the application calls process.exit()', async () => {
    scene = await TestApplication.start({ ...PATIENT, SHUTDOWN_HOOKS: 'exit' });
    await scene.whileLedgerIsLocked(async () => {
      await scene.send('/glances', ids);
      expect(await scene.app.end('SIGTERM')).toBe(7);
    });
    expect(scene.app.output()).toMatch(/Cannot store 10[01] events.*the process ends.*Kept in the spill/);

    await scene.startAgain();
    await eventually(async () => (await scene.storedRequestIds()).length >= ids.length);
    expect(await scene.sealedRequestIds()).toEqual(ids);
  });
});
