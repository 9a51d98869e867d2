import { ContenderProcess } from '../contenders/contender-process.mjs';

/** The requests of 50 connections result in batches of this size. */
const BATCH = 25;

/** Selects tables and indexes with their bytes on disk. A part of a partitioned table counts as the table; TOAST and maps count to their table. */
const SIZES = `
  SELECT CASE WHEN c.relkind = 'i' THEN coalesce(p.indexrelid::regclass::text, i.indexrelid::regclass::text) ELSE t.relname::text END AS name,
         t.relname AS of, c.relkind = 'i' AS is_index,
         CASE c.relkind WHEN 'i' THEN pg_relation_size(c.oid) ELSE pg_table_size(c.oid) END AS bytes
    FROM pg_class c
    LEFT JOIN pg_index i ON i.indexrelid = c.oid
    LEFT JOIN pg_inherits up ON up.inhrelid = c.oid AND c.relkind = 'i'
    LEFT JOIN pg_index p ON p.indexrelid = up.inhparent
    JOIN pg_class own ON own.oid = coalesce(i.indrelid, c.oid)
    LEFT JOIN pg_inherits above ON above.inhrelid = own.oid
    JOIN pg_class t ON t.oid = coalesce(above.inhparent, own.oid)
   WHERE c.relkind IN ('r', 'i') AND t.relname IN ('audit_event', 'audit_leaf', 'audit_tile', 'audit_checkpoint')`;

export async function disk({ cluster, schedule }) {
  const { events } = schedule.disk;
  const database = await cluster.createDatabase();
  const contender = await ContenderProcess.start(cluster, {
    ...{ name: 'check-log', script: 'check-log.mjs', shared: database },
  });
  await contender.ask('run', { work: 'fill', events, batch: BATCH });
  await contender.ask('run', { work: 'seal', events });
  await contender.close();
  await contender.forget();
  const relations = await cluster.query(database, SIZES);
  await cluster.drop(database);
  const parts = {};
  for (const { name, of, is_index: isIndex, bytes } of relations) {
    const part = (parts[name] ??= { of, isIndex, bytes: 0 });
    part.bytes += Number(bytes) / events;
  }
  return { events, parts };
}
