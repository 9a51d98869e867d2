import { it } from '@jest/globals';
import { eventually } from '../../../../test/support/eventually.js';
import { Periodic } from './periodic.js';

const HOUR_MS = 3_600_000;

it('a step that waits for an hour starts earlier after hurry(), and never later', async () => {
  let steps = 0;
  const step = (): Promise<void> => {
    steps++;
    return Promise.resolve();
  };
  const periodic = new Periodic({ step, everyMs: HOUR_MS, onFailure: () => undefined });
  await periodic.run();
  periodic.runSoon(0); // without effect before the start
  periodic.start();
  await eventually(() => Promise.resolve(steps === 2));
  periodic.runSoon(2 * HOUR_MS);
  periodic.runSoon(1);
  await eventually(() => Promise.resolve(steps === 3));
  await periodic.stop();
});
