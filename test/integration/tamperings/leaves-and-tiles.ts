import { copyAs } from './events.js';
import { by, inCopies, type Tampering } from './tampering.js';

const addWithLeaf = (alteration: string, index: string): string =>
  `${copyAs('<free>')} ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_pkey, ${alteration};
  INSERT INTO audit_leaf (index, event_id, leaf_hash) VALUES (${index}, <free>, sha256('x'))`;

const leaves = by('owner')`
the hash of a leaf changed → leaf_altered@middle
  UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE index = <#middle>
a leaf deleted → leaf_missing
  DELETE FROM audit_leaf WHERE index = <#middle>
a leaf that names another event → leaf_altered@middle
  UPDATE audit_leaf SET event_id = <free> WHERE index = <#middle>
two leaves that swapped their places → event_moved
  UPDATE audit_leaf SET index = 1000000 WHERE index = <#middle>;
  UPDATE audit_leaf SET index = <#middle> WHERE index = <#middle+3>;
  UPDATE audit_leaf SET index = <#middle+3> WHERE index = 1000000
two leaves that swapped their events → event_moved@middle+3@#middle event_moved@middle@#middle+3
  UPDATE audit_leaf SET event_id = <free> WHERE index = <#middle>;
  UPDATE audit_leaf SET event_id = <middle> WHERE index = <#middle+3>;
  UPDATE audit_leaf SET event_id = <middle+3> WHERE index = <#middle>
the last leaf moved on, so that there is a gap → leaf_missing leaf_inserted
  UPDATE audit_leaf SET index = index + 5 WHERE index = (SELECT max(index) FROM audit_leaf)
a leaf put in front of all others, which move on by one place → event_moved event_missing event_unretired leaf_altered leaf_inserted
  UPDATE audit_leaf SET index = 1000000 + index; UPDATE audit_leaf SET index = index - 999999;
  INSERT INTO audit_leaf VALUES (0, gen_random_uuid(), sha256('x'))
a forged event with a leaf that has no index → leaf_inserted@free event_inserted@free
  ${addWithLeaf('ALTER COLUMN index DROP NOT NULL', 'NULL')}
a forged event with a second leaf at the place of another → event_duplicated
  ${addWithLeaf('DROP CONSTRAINT IF EXISTS none', '<#middle>')}
a forged event with a leaf of a negative index → leaf_inserted event_inserted
  ${addWithLeaf('DROP CONSTRAINT audit_leaf_index_check', '-1')}
a forged event with a leaf at the end → leaf_inserted@free@#size
  ${copyAs('<free>')} INSERT INTO audit_leaf SELECT <#size>, id, leaf_hash FROM audit_event WHERE id = <free>
a leaf without a hash → leaf_missing@middle
  ALTER TABLE audit_leaf ALTER COLUMN leaf_hash DROP NOT NULL; UPDATE audit_leaf SET leaf_hash = NULL WHERE index = <#middle>
a leaf of no event → leaf_altered
  ALTER TABLE audit_leaf ALTER COLUMN event_id DROP NOT NULL; UPDATE audit_leaf SET event_id = NULL WHERE index = <#middle>
a leaf with a hash of 31 bytes → leaf_altered@middle
  ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_leaf_hash_check;
  UPDATE audit_leaf SET leaf_hash = substring(leaf_hash FROM 1 FOR 31) WHERE index = <#middle>
an event without a hash of its leaf → event_altered@middle
  ALTER TABLE audit_event ALTER COLUMN leaf_hash DROP NOT NULL; UPDATE audit_event SET leaf_hash = NULL WHERE id = <middle>
a leaf that stands in a table that inherits the leaves → event_duplicated
  ${copyAs('<free>')} CREATE TABLE more_leaves () INHERITS (audit_leaf); GRANT SELECT ON more_leaves TO audit_reader;
  INSERT INTO more_leaves SELECT <#middle>, id, leaf_hash FROM audit_event WHERE id = <free>
the hash of the leaf of a retired event changed → leaf_altered@retired
  UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE index = <#retired>
another event named in the leaf of a retired place → leaf_altered
  UPDATE audit_leaf SET event_id = audit_event_first_id('2026-01-05Z') WHERE index = <#retired>
`;

const types = inCopies(by('owner')`
a forged event with a leaf between two others → leaf_inserted@free event_inserted@free
  ${addWithLeaf('ALTER COLUMN index TYPE numeric', '<#middle> + 0.5')}
`);

const FLIP = 'hashes = set_byte(hashes, 5, 255 - get_byte(hashes, 5))';
const LAST = 'level = 0 AND index = (SELECT max(index) FROM audit_tile WHERE level = 0)';

const tiles = by('superuser')`
a byte of a tile changed → tile_altered@#512
  UPDATE audit_tile SET ${FLIP} WHERE level = 0 AND index = 2
a byte of a tile of tiles changed → tile_altered@#0
  UPDATE audit_tile SET ${FLIP} WHERE level = 1
a tile deleted → tile_missing@#512
  DELETE FROM audit_tile WHERE level = 0 AND index = 2
the tile of tiles deleted → tile_missing
  DELETE FROM audit_tile WHERE level = 1
all tiles deleted → tile_missing
  DELETE FROM audit_tile
a tile added → tile_inserted
  INSERT INTO audit_tile VALUES (0, 40, 1, sha256('x'))
a tile of a level that the tree has not → tile_inserted
  INSERT INTO audit_tile VALUES (3, 0, 1, sha256('x'))
a tile at the end of all numbers → tile_inserted
  INSERT INTO audit_tile VALUES (32767, 9223372036854775807, 1, sha256('x'))
a tile of the lowest level of all → tile_inserted
  ALTER TABLE audit_tile DROP CONSTRAINT audit_tile_level_check; INSERT INTO audit_tile VALUES (-32768, 0, 1, sha256('x'))
a tile that says another width → tile_altered
  ALTER TABLE audit_tile DROP CONSTRAINT audit_tile_check; UPDATE audit_tile SET width = 7 WHERE level = 0 AND index = 2
the tile at the edge made longer than the tree → tile_altered
  UPDATE audit_tile SET width = width + 1, hashes = hashes || sha256('x') WHERE ${LAST}
the tile at the edge cut → tile_missing
  UPDATE audit_tile SET width = width - 1, hashes = substring(hashes FROM 1 FOR 32 * (width - 1)) WHERE ${LAST}
a tile without hashes → tile_missing
  ALTER TABLE audit_tile ALTER COLUMN hashes DROP NOT NULL; UPDATE audit_tile SET hashes = NULL WHERE level = 0 AND index = 2
a second tile of one place → tile_altered
  ALTER TABLE audit_tile DROP CONSTRAINT audit_tile_pkey;
  INSERT INTO audit_tile SELECT level, index, width, sha256('x') || substring(hashes FROM 33) FROM audit_tile WHERE level = 0 AND index = 2
two tiles that swapped their places → tile_altered
  UPDATE audit_tile SET index = 90 WHERE level = 0 AND index = 1; UPDATE audit_tile SET index = 1 WHERE level = 0 AND index = 2;
  UPDATE audit_tile SET index = 2 WHERE level = 0 AND index = 90
`;

export const LEAVES_AND_TILES: readonly Tampering[] = [...leaves, ...types, ...tiles];
