import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { LOAD_APPLICATION } from './support/applications.js';
import { MOMENTS, strikeAtRandomMoments } from './support/fault-matrix.js';
import { FaultScene } from './support/fault-scene.js';
import { DATABASE_KILLED } from './support/faults.js';

let scene: FaultScene;

beforeAll(async () => {
  scene = await FaultScene.start(LOAD_APPLICATION);
});
afterAll(async () => {
  await scene.remove();
});

it('what a client saw survives kill -9 of PostgreSQL', async () => {
  const { responses } = await strikeAtRandomMoments(scene, 'database-killed', MOMENTS, DATABASE_KILLED);

  expect(responses).toBeGreaterThan(MOMENTS);
});
