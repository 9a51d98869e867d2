import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ErasureRunner } from './erasure-runner.service.js';
import type { ErasureSteps } from './erasure-steps.service.js';
import type { BackgroundPool } from '../../store/background-pool.service.js';
import type { Keeper } from './keeper.service.js';

let warn: jest.SpiedFunction<Logger['warn']>;
let runner: ErasureRunner;

beforeEach(() => {
  warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const pool = { rows: () => Promise.reject(new Error('the database is away')) };
  // It gets no further than the question what is planned.
  runner = new ErasureRunner(pool as unknown as BackgroundPool, {} as unknown as Keeper, {} as unknown as ErasureSteps);
});
afterEach(() => {
  jest.restoreAllMocks();
});

it('does not warn of erasures while the database is away and none is planned', async () => {
  runner.onApplicationBootstrap();
  await runner.beforeApplicationShutdown();
  expect(warn).not.toHaveBeenCalled();
});

it('warns that one cannot continue, where one is planned', async () => {
  runner.wake();
  runner.onApplicationBootstrap();
  await runner.beforeApplicationShutdown();
  expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^An erasure cannot continue now\. .*Tried again\.$/s));
});
