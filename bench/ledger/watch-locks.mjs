import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Whoever holds this lock on the ledger, or waits for it, lets no writer pass. */
const EXCLUDING = `
  SELECT EXISTS (
    SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
     WHERE d.datname = current_database() AND l.relation = 'audit_event'::regclass AND l.mode = 'AccessExclusiveLock') AS locked`;

const LOOK_EVERY_MS = 1;

/**
 * Looks all the time whether the ledger is locked against its writers.
 *
 * @returns what ends it, and resolves with for how long it was in all, and at a time, in milliseconds; a lock between two looks
 *   is not seen, and does not matter
 */
export async function watchLocks(connectionString) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  let isWatching = true;
  const lengthsMs = [];
  const watch = async () => {
    let sinceMs;
    let seenMs = performance.now();
    while (isWatching) {
      const { rows } = await client.query({ name: 'look', text: EXCLUDING });
      const nowMs = performance.now();
      if (rows[0].locked)
        sinceMs ??= seenMs; // it may have begun right after the last look
      else if (sinceMs !== undefined) {
        lengthsMs.push(nowMs - sinceMs);
        sinceMs = undefined;
      }
      seenMs = nowMs;
      await delay(LOOK_EVERY_MS);
    }
  };
  const watched = watch();
  return async () => {
    isWatching = false;
    await watched;
    await client.end();
    return { lockedMs: lengthsMs.reduce((sum, each) => sum + each, 0), longestLockMs: Math.max(0, ...lengthsMs) };
  };
}
