import type { Finding } from './finding.js';
import type { Snapshot } from './snapshot.js';

const MAX_MISPLACED = 1_000;

/** A month's bounds as the server tells where to look for an id; none where there is but one partition, for every id. */
const PARTITIONS = `
  SELECT relid::oid::text AS oid, coalesce(pg_get_partition_constraintdef(relid), 'true') AS bounds
    FROM pg_partition_tree('audit_event') WHERE isleaf`;

/**
 * Reads the events that stand in a partition whose bounds do not hold their ids, as an administrator can arrange it: pages show
 * them, and no look-up by their id does, so that none that is made of a leaf or of a waiting event sees them.
 */
export async function findMisplaced(snapshot: Snapshot): Promise<readonly Finding[]> {
  const partitions = await snapshot.rows(PARTITIONS);
  if (partitions.length === 0) return [];
  const isHome = partitions.map(({ oid, bounds }) => `WHEN '${String(oid)}'::oid THEN ${String(bounds)}`).join(' ');
  const rows = await snapshot.rows(`
    SELECT id, tableoid::regclass AS partition FROM audit_event
     WHERE (CASE tableoid ${isHome} END) IS NOT TRUE LIMIT ${MAX_MISPLACED}`);
  return rows.map(({ id, partition }) => ({
    kind: 'event_inserted',
    table: 'audit_event',
    eventId: String(id),
    what: `a row of this id stands in the partition ${String(partition)}, whose bounds do not hold it: it was put there past the ledger`,
  }));
}
