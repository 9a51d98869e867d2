import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { LOAD_APPLICATION } from './support/applications.js';
import { MOMENTS, strikeAtRandomMoments } from './support/fault-matrix.js';
import { FaultScene } from './support/fault-scene.js';
import { APPLICATION_TERMINATED } from './support/faults.js';

let scene: FaultScene;

beforeAll(async () => {
  scene = await FaultScene.start(LOAD_APPLICATION);
});
afterAll(async () => {
  await scene.remove();
});

it('what a client saw survives SIGTERM of the application, buffered or not', async () => {
  const { responses } = await strikeAtRandomMoments(scene, 'application-terminated', MOMENTS, APPLICATION_TERMINATED);

  expect(responses).toBeGreaterThan(MOMENTS);
});
