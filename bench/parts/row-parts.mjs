import { backendsOf } from '../page/cost-marks.mjs';
import { finish, measureWindow, startHttpContender } from './measure-rounds.mjs';

const DROP_TRIGGER = `
  DO $$
  DECLARE
    name text;
  BEGIN
    FOR name IN SELECT tgname FROM pg_trigger
                 WHERE tgrelid = 'audit_event'::regclass AND NOT tgisinternal
                   AND tgfoid = 'audit_event_enqueue'::regproc LOOP
      EXECUTE format('DROP TRIGGER %I ON audit_event', name);
    END LOOP;
  END $$;`;
const DROP_INDEXES = `
  DO $$
  DECLARE
    index regclass;
  BEGIN
    FOR index IN SELECT indexrelid FROM pg_index WHERE indrelid = 'audit_event'::regclass AND NOT indisprimary LOOP
      EXECUTE format('DROP INDEX %s', index);
    END LOOP;
  END $$;`;
const REPLACE_TABLE = `
  ALTER TABLE audit_event RENAME TO audit_event_whole;
  CREATE TABLE audit_event (LIKE audit_event_whole INCLUDING DEFAULTS);
  ALTER TABLE audit_event ADD PRIMARY KEY (id);
  ALTER TABLE audit_event OWNER TO app;
  GRANT ALL ON audit_event TO PUBLIC;`;

/** What the durable route writes into, from the floor to the ledger. What is taken from its table is taken behind its back. */
const TABLES = {
  floor: REPLACE_TABLE,
  unqueued: DROP_TRIGGER + DROP_INDEXES,
  unindexed: DROP_INDEXES,
  ledger: '',
};

/**
 * What each thing that a ledger has beyond the floor costs PostgreSQL where 50 connections make the events: CPU of its backends a row.
 *
 * @returns by the table that the durable route writes into, `writing` and `all` (with the sealing), one figure a round
 */
export async function measureRowParts(cluster, schedule, adapter) {
  const contenders = [];
  const measured = {};
  for (const [table, change] of Object.entries(TABLES)) {
    const contender = await startHttpContender(cluster, 'durable-changed', adapter);
    if (change !== '') await cluster.query(contender.database, change);
    contenders.push([table, contender]);
    measured[table] = { writing: [], all: [] };
  }
  for (let round = 0; round < schedule.rounds; round++) {
    const { warmUpMs, firstWarmUpMs, rowPartsMs: windowMs } = schedule;
    for (const [table, contender] of contenders) {
      const window = { warmUpMs: round === 0 ? firstWarmUpMs : warmUpMs, windowMs };
      const { cpu } = await measureWindow(cluster, contender, window);
      measured[table].writing.push(cpu.writing);
      measured[table].all.push(...backendsOf({ cpu: [cpu] }));
    }
  }
  for (const [, contender] of contenders) await finish(cluster, contender);
  return measured;
}
