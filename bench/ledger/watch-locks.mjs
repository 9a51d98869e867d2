import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/**
 * Whoever holds this lock on the ledger, or waits for it, lets no writer pass; and the sessions of this name that wait for any
 * lock at all.
 */
const LOOK = `
  SELECT EXISTS (
    SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
     WHERE d.datname = current_database() AND l.relation = 'audit_event'::regclass AND l.mode = 'AccessExclusiveLock') AS locked,
    ARRAY(SELECT pid FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = $1 AND wait_event_type = 'Lock') AS waiting`;

const LOOK_EVERY_MS = 1;

/**
 * Looks all the time whether the ledger is locked against its writers, and whether those with this `application_name` wait.
 *
 * @returns what ends it, and resolves with for how long it was in all, and at a time, and for how long a writer waited at most, in
 *   milliseconds; a lock between two looks is not seen, and does not matter
 */
export async function watchLocks(connectionString, writers) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  let isWatching = true;
  const locked = new Spans();
  const waits = new Spans();
  const watch = async () => {
    let seenMs = performance.now();
    while (isWatching) {
      const { rows } = await client.query({ name: 'look', text: LOOK, values: [writers] });
      const nowMs = performance.now();
      locked.see(rows[0].locked ? ['ledger'] : [], seenMs, nowMs);
      waits.see(rows[0].waiting, seenMs, nowMs);
      seenMs = nowMs;
      await delay(LOOK_EVERY_MS);
    }
  };
  const watched = watch();
  return async () => {
    isWatching = false;
    await watched;
    await client.end();
    return { lockedMs: locked.totalMs, longestLockMs: locked.longestMs, longestWaitMs: waits.longestMs };
  };
}

/** For how long things were seen, each from the look before the first that saw it to the first that did not. */
class Spans {
  #since = new Map();
  totalMs = 0;
  longestMs = 0;

  see(present, lastLookMs, nowMs) {
    for (const name of present) if (!this.#since.has(name)) this.#since.set(name, lastLookMs);
    for (const [name, sinceMs] of this.#since) {
      if (present.includes(name)) continue;
      this.#since.delete(name);
      this.totalMs += nowMs - sinceMs;
      this.longestMs = Math.max(this.longestMs, nowMs - sinceMs);
    }
  }
}
