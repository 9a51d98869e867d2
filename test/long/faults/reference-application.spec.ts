import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { REFERENCE_APPLICATION } from './support/applications.js';
import { strikeAtRandomMoments } from './support/fault-matrix.js';
import { FaultScene } from './support/fault-scene.js';
import {
  APPLICATION_KILLED,
  APPLICATION_TERMINATED,
  BOTH_KILLED,
  DATABASE_KILLED,
  DATABASE_STOPPED,
} from './support/faults.js';

let scene: FaultScene;

beforeAll(async () => {
  scene = await FaultScene.start(REFERENCE_APPLICATION);
});
afterAll(async () => {
  await scene.remove();
});

it.each([
  ['kill -9', 'reference-killed', APPLICATION_KILLED, 2],
  ['kill -9 of PostgreSQL', 'reference-database-killed', DATABASE_KILLED, 2],
  ['ten seconds without PostgreSQL', 'reference-database-stopped', DATABASE_STOPPED, 1],
  ['kill -9 of both', 'reference-both-killed', BOTH_KILLED, 2],
  ['SIGTERM', 'reference-terminated', APPLICATION_TERMINATED, 2],
] as const)('what a client saw of the reference application survives %s', async (_what, scenario, fault, moments) => {
  const { responses } = await strikeAtRandomMoments(scene, scenario, moments, fault);

  expect(responses).toBeGreaterThan(0);
});
