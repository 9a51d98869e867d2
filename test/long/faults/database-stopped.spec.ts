import { afterAll, expect, it } from '@jest/globals';
import { strikeAtRandomMoments } from './support/fault-matrix.js';
import { FaultScene } from './support/fault-scene.js';
import { DATABASE_FROZEN, DATABASE_STOPPED } from './support/faults.js';

/** The outages are long, so several applications, each with a PostgreSQL of its own, live through theirs at once. */
const STOPPED = [4, 4, 4, 4];
const FROZEN = [1, 1, 1, 1];

let scenes: readonly FaultScene[] = [];

const started: FaultScene[] = [];
scenes = started;
for (let count = 0; count < Math.max(STOPPED.length, FROZEN.length); count++) {
  started.push(await FaultScene.start());
}
afterAll(() => Promise.all(scenes.map((scene) => scene.remove())));

it.each([
  ['is stopped', 'database-stopped', DATABASE_STOPPED, STOPPED],
  ['hangs', 'database-frozen', DATABASE_FROZEN, FROZEN],
] as const)(
  'what a client saw survives that PostgreSQL %s for ten seconds',
  async (_what, scenario, fault, moments) => {
    const results = await Promise.allSettled(
      moments.map(async (count, index) => {
        const scene = scenes[index];
        if (scene === undefined) throw new Error(`Cannot run ${scenario}: scene ${index} did not start.`);
        return strikeAtRandomMoments(scene, `${scenario}-${index}`, count, fault);
      }),
    );

    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
  },
);
