import { parentPort, workerData } from 'node:worker_threads';
import { trustOf } from './judge-checkpoint.js';
import type { RangeQuestion, RangeWorkerStart } from './range-workers.js';
import { readRange } from './read-range.js';
import { verifierAt } from '../store/ledger-roles.js';
import { LedgerSession } from '../store/sessions/ledger-session.js';

/** The work of a thread that {@link RangeWorkers} started: it reads the requested ranges until it is ended. An error ends it. */
export function serveRanges(): void {
  const { connectionUrl, snapshotId, verifierKeys, excused } = workerData as RangeWorkerStart; // set by RangeWorkers only
  const trust = trustOf(verifierKeys);
  let snapshot: LedgerSession | undefined;
  const answer = async (range: RangeQuestion): Promise<void> => {
    snapshot ??= await LedgerSession.open(connectionUrl, verifierAt(snapshotId));
    parentPort?.postMessage(await readRange(snapshot, range, { trust, ...excused }));
  };
  parentPort?.on('message', (range: RangeQuestion) => void answer(range));
}
