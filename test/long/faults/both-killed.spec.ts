import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { LOAD_APPLICATION } from './support/applications.js';
import { MOMENTS, strikeAtRandomMoments } from './support/fault-matrix.js';
import { FaultScene } from './support/fault-scene.js';
import { BOTH_KILLED } from './support/faults.js';

let scene: FaultScene;

beforeAll(async () => {
  scene = await FaultScene.start(LOAD_APPLICATION);
});
afterAll(async () => {
  await scene.remove();
});

it('what a client saw survives kill -9 of the application and of PostgreSQL at once', async () => {
  const { responses } = await strikeAtRandomMoments(scene, 'both-killed', MOMENTS, BOTH_KILLED);

  expect(responses).toBeGreaterThan(MOMENTS);
});
