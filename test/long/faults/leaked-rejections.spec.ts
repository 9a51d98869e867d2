import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { eventually } from '../../support/eventually.js';
import { requestIds, TestApplication } from './support/test-application.js';

const IDS = requestIds('leak', 100);

let scene: TestApplication;

afterEach(() => scene.remove());

/*
 * A promise that a provider does not return is out of the library's reach. Node ends a process on its rejection, unless
 * the application listens to `unhandledRejection`.
 */
describe('a provider that leaks rejections', () => {
  it('slows nothing where the application listens to unhandled rejections', async () => {
    scene = await TestApplication.start({ LEAKS: 'handled' });

    expect(new Set(await scene.send('/changes', IDS))).toEqual(new Set([201]));
    expect(await scene.sealedRequestIds()).toEqual(IDS);
    expect(await scene.isSound()).toBe(true);
    expect(scene.app.output()).toContain('Unhandled: leaked after 1 events');
  });

  it('ends the process where it does not, and what a client saw is stored all the same', async () => {
    scene = await TestApplication.start({ LEAKS: 'unhandled' });
    const ended = once(scene.app.child, 'exit');
    const seen: string[] = [];
    for (const id of IDS) {
      const statuses = await scene.send('/changes', [id]).catch(() => undefined);
      if (statuses === undefined) break;
      seen.push(id);
    }
    expect(await ended).toEqual([1, null]);

    await scene.startAgain();
    await eventually(() => scene.isSound());
    expect(await scene.sealedRequestIds()).toEqual(expect.arrayContaining(seen));
  });
});
