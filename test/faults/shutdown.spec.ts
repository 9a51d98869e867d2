import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { requestIds, TestApplication } from './support/test-application.js';

/** Long enough that nothing is given up before the shutdown. */
const PATIENT = { PROVIDER_TIMEOUT_MS: '60000' };

let scene: TestApplication;

afterEach(async () => {
  await scene.remove();
});

describe('SIGTERM with buffered events waiting', () => {
  it('ends the application after all of them are in the ledger', async () => {
    scene = await TestApplication.start(PATIENT);
    const ids = requestIds('buffered', 100);
    let ended: Promise<number | null> | undefined;
    await scene.whileLedgerIsLocked(async () => {
      expect(new Set(await scene.send('/glances', ids))).toEqual(new Set([201]));
      expect((await scene.health()).database?.waiting).toBe(ids.length);
      ended = scene.app.end('SIGTERM');
    });
    await ended;

    expect(await scene.storedRequestIds()).toEqual(ids);
  });

  it('and the database gone: says how many it could not write, keeps them, and the next start replays them', async () => {
    scene = await TestApplication.start(PATIENT);
    const ids = requestIds('kept', 100);
    let ended: Promise<number | null> | undefined;
    await scene.whileLedgerIsLocked(async () => {
      await scene.send('/glances', ids);
      ended = scene.app.end('SIGTERM');
      await scene.shutDatabase();
    });
    await ended;
    await eventually(() => /Cannot store 10[01] event.*spill/.test(scene.app.output()));

    await scene.openDatabase();
    await scene.startAgain();
    await eventually(() => scene.isSound(), 20_000);
    expect(await scene.storedRequestIds()).toEqual(ids);
  });
});
