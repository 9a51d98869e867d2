import { parentPort } from 'node:worker_threads';
import { checkRows } from './check-rows.js';
import type { WorkerRequest } from './row-checker.js';

// Passes each part on when it is made, so that PostgreSQL stores the part while the next one is made.
parentPort?.on('message', ({ rows, keys, answers }: WorkerRequest) => {
  for (const part of checkRows(rows, keys)) answers.postMessage(part);
  answers.postMessage(undefined);
});
