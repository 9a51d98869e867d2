import { HASH_BYTES } from '../../log/merkle/hashes.js';
import { TILE_WIDTH } from '../../log/tiles/tile-address.js';
import { NO_FINDINGS, tableCheck } from '../check.js';
import type { Finding } from '../finding.js';
import { checkCheckpoint } from '../judge-checkpoint.js';
import { IS_INDEX } from '../read-heads.js';
import { checkHead } from './check-head.js';

const MAX_ROWS = 1_000;

const SELECT_BEYOND_LOG = `SELECT size, root, note FROM audit_checkpoint WHERE (size > $1 OR size < 1) IS NOT FALSE ORDER BY size LIMIT ${MAX_ROWS}`;
const EXTRA_LEAVES = `
  SELECT index, event_id FROM audit_leaf
   WHERE index >= $1 OR index < 0 OR (${IS_INDEX}) IS NOT TRUE ORDER BY index LIMIT ${MAX_ROWS}`;
/** Excludes levels and indexes with which the server's numbers would overflow. */
const IN_TREES = 'level BETWEEN 0 AND 7 AND index >= 0';
const EXTRA_TILES = `
  SELECT level, index FROM audit_tile
   WHERE CASE WHEN ${IN_TREES} THEN (index::numeric * ${TILE_WIDTH} + 1) * power(${TILE_WIDTH}::numeric, level) > $1 ELSE true END
   ORDER BY level, index LIMIT ${MAX_ROWS}`;

/** This statement omits tiles with too few hashes, which are found when the tiles are read. */
const WRONG_TILES = `
  SELECT level, index FROM (
    SELECT level, index, width, octet_length(hashes) / ${HASH_BYTES}.0 AS hashes,
           least(floor($1 / power(${TILE_WIDTH}::numeric, level)) - index::numeric * ${TILE_WIDTH}, ${TILE_WIDTH}) AS wanted
      FROM audit_tile WHERE ${IN_TREES}) tile
   WHERE wanted > 0 GROUP BY level, index
  HAVING count(*) > 1 OR max(hashes) > max(wanted) OR max(hashes) <> max(width)
   ORDER BY level, index LIMIT ${MAX_ROWS}`;

export const checkExtraRows = tableCheck(NO_FINDINGS, async (tables, run) => {
  const { size, trust } = run.log;
  const count = size + (await run.of(checkHead)).unsigned;
  const checkpoints = (await tables.rows(SELECT_BEYOND_LOG, [size])).flatMap((row) => {
    const checked = checkCheckpoint(row, trust);
    return 'finding' in checked ? [checked.finding] : [];
  });
  const leaves = (await tables.rows(EXTRA_LEAVES, [count])).map(({ index, event_id: eventId }): Finding => {
    const position = index === null ? undefined : Number(index);
    const what = Number.isInteger(position)
      ? 'the log ends before a leaf at this index'
      : 'this leaf has no integer index';
    const at = position === undefined ? {} : { index: position };
    return { kind: 'leaf_inserted', table: 'audit_leaf', ...at, eventId: String(eventId), what };
  });
  const extraTiles = (await tables.rows(EXTRA_TILES, [count])).map(({ level, index }): Finding => {
    const what = `tile ${String(index)} of level ${String(level)} does not belong to the tree of size ${count}`;
    return { kind: 'tile_inserted', table: 'audit_tile', what };
  });
  const wrong = (await tables.rows(WRONG_TILES, [count])).map(({ level, index }): Finding => {
    const what = `tile ${String(index)} of level ${String(level)} is stored twice, or has the wrong number of hashes`;
    return { kind: 'tile_altered', table: 'audit_tile', what };
  });
  return { findings: [...checkpoints, ...leaves, ...extraTiles, ...wrong] };
});
