import { encodeBase64 } from '../../monitoring/proof/log/notes/encoding.js';
import { proveInclusion } from '../../monitoring/proof/log/tiles/prove-inclusion.js';
import type { TileReader } from '../../monitoring/proof/log/tiles/tile-reader.js';
import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { EVENTS, type EventRange } from './read-groups.js';
import type { Sample, SampledEvent } from './report.js';
import { conditionOf, type Selection } from './selection.js';
import { hasCode } from '../../audit/nest-free.js';

/** The resource is named only by its id, so that a report contains no person's name. */
const RESOURCE = `CASE WHEN resource_type IS NOT NULL THEN resource_type || coalesce(' ' || resource_id, '') END`;

const drawOf = (condition: string): string => `
  SELECT id, index::float8 AS index, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "occurredAt",
         type, outcome, actor_type AS "actorType", tenant_id AS "tenantId", ${RESOURCE} AS resource, l.leaf_hash AS "leafHash"
    FROM ${EVENTS} AND (${condition})
   ORDER BY sha256(convert_to($4::text || ':' || id::text, 'UTF8')), id LIMIT $5`;

interface Drawing {
  readonly range: EventRange;
  readonly readTile: TileReader;
  readonly seed: string;
  readonly most: number;
}

/**
 * Draws events in a repeatable way, and adds an inclusion proof to each event. Each check has its own seed, so that two checks of the same
 * events draw different samples. Rejects with an error of the PostgreSQL client.
 */
export async function drawSample(
  session: LedgerQueries,
  { range: { fromId, toId, size }, readTile, seed: seedOfAll, most }: Drawing,
  {
    selection,
    check,
    population,
  }: { readonly selection: Selection; readonly check: string; readonly population: number },
): Promise<Sample> {
  const seed = `${seedOfAll} ${check}`;
  const rows = await session.rows(drawOf(conditionOf(selection)), [fromId, toId, size, seed, most]);
  const events: SampledEvent[] = [];
  for (const row of rows) {
    const index = Number(row.index);
    events.push({
      ...{ id: String(row.id), index, occurredAt: String(row.occurredAt) },
      ...{ type: String(row.type), outcome: String(row.outcome), actorType: String(row.actorType) },
      ...(typeof row.tenantId === 'string' && { tenantId: row.tenantId }),
      ...(typeof row.resource === 'string' && { resource: row.resource }),
      leafHash: encodeBase64(row.leafHash as Buffer), // the column has this type
      hashes: await prove(index, size, readTile),
    });
  }
  return { seed, algorithm: 'sha256-seed-id', population, events };
}

/** If a tile is missing, the check of the log's integrity reports the tile. */
async function prove(index: number, size: number, readTile: TileReader): Promise<readonly string[]> {
  try {
    return (await proveInclusion(index, size, readTile)).map(encodeBase64);
  } catch (error) {
    if (hasCode(error, 'AUDIT_TILE_MISSING')) return [];
    throw error;
  }
}
