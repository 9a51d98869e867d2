import { parentPort, workerData } from 'node:worker_threads';
import { trustOf } from './judge-checkpoint.js';
import type { RangeAnswer, RangeWorkerStart } from './range-workers.js';
import { readRange } from './read-range.js';
import { Snapshot } from './snapshot.js';

const { connectionUrl, snapshotId, verifierKeys } = workerData as RangeWorkerStart; // its one starter's
const trust = trustOf(verifierKeys);
let snapshot: Snapshot | undefined;

async function answer(range: { readonly from: number; readonly to: number }): Promise<RangeAnswer> {
  try {
    snapshot ??= await Snapshot.open(connectionUrl, snapshotId);
    return { reading: await readRange(snapshot, range, trust) };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

parentPort?.on('message', (range: { readonly from: number; readonly to: number }) => {
  void answer(range).then((reply) => parentPort?.postMessage(reply));
});
