import type { Attack } from './attack.js';
import { COPY } from './events.js';
import { at, kinds, listOf, type Tampering } from './tampering.js';

/** Adds a copy of an event, with a leaf that no constraint keeps out any more. */
const addWithLeaf = (alteration: string, index: (middle: number) => number | null) => async (attack: Attack) => {
  await attack.sql(COPY, [attack.idAt('middle'), attack.freeId]);
  await attack.sql(`ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_pkey, ${alteration}`);
  await attack.sql(`INSERT INTO audit_leaf (index, event_id, leaf_hash) VALUES ($1, $2, sha256('x'))`, [
    index(attack.scene.at.middle),
    attack.freeId,
  ]);
};

const atMiddle = (sql: string) => async (attack: Attack) => attack.sql(sql, [attack.scene.at.middle]);

const INSERTED: Tampering['outcome'] = ({ freeId }) => ({
  named: [
    { kind: 'leaf_inserted', table: 'audit_leaf', eventId: freeId },
    { kind: 'event_inserted', table: 'audit_event', eventId: freeId },
  ],
});

const leaves = listOf('owner', [
  [
    'the hash of a leaf changed',
    atMiddle(`UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE index = $1`),
    at('leaf_altered', 'middle', 'audit_leaf'),
  ],
  ['a leaf deleted', atMiddle('DELETE FROM audit_leaf WHERE index = $1'), kinds('leaf_missing')],
  [
    'a leaf that names another event',
    async (attack) =>
      attack.sql('UPDATE audit_leaf SET event_id = $2 WHERE index = $1', [attack.scene.at.middle, attack.freeId]),
    at('leaf_altered', 'middle', 'audit_leaf'),
  ],
  [
    'two leaves that swapped their places',
    async ({ client, scene }) => {
      const { middle } = scene.at;
      for (const [to, from] of [
        [1_000_000, middle],
        [middle, middle + 3],
        [middle + 3, 1_000_000],
      ]) {
        await client.query('UPDATE audit_leaf SET index = $1 WHERE index = $2', [to, from]);
      }
    },
    kinds('event_moved'),
  ],
  [
    'two leaves that swapped their events',
    async ({ client, scene, freeId }) => {
      const { middle } = scene.at;
      for (const [id, index] of [
        [freeId, middle],
        [scene.ids[middle], middle + 3],
        [scene.ids[middle + 3], middle],
      ]) {
        await client.query('UPDATE audit_leaf SET event_id = $1 WHERE index = $2', [id, index]);
      }
    },
    ({ scene: { ids, at: places } }) => ({
      named: [
        { kind: 'event_moved', index: places.middle, eventId: ids[places.middle + 3] ?? '' },
        { kind: 'event_moved', index: places.middle + 3, eventId: ids[places.middle] ?? '' },
      ],
    }),
  ],
  [
    'the last leaf moved on, so that there is a gap',
    'UPDATE audit_leaf SET index = index + 5 WHERE index = (SELECT max(index) FROM audit_leaf)',
    kinds('leaf_missing', 'leaf_inserted'),
  ],
  [
    'a leaf put in front of all others, which move on by one place',
    `UPDATE audit_leaf SET index = 1000000 + index; UPDATE audit_leaf SET index = index - 999999;
     INSERT INTO audit_leaf VALUES (0, gen_random_uuid(), sha256('x'))`,
    kinds('event_moved', 'event_missing', 'event_unretired', 'leaf_altered'),
  ],
  [
    'a forged event with a leaf that has no index',
    addWithLeaf('ALTER COLUMN index DROP NOT NULL', () => null),
    INSERTED,
  ],
  [
    'a forged event with a leaf between two others',
    addWithLeaf('ALTER COLUMN index TYPE numeric', (middle) => middle + 0.5),
    INSERTED,
  ],
  [
    'a forged event with a second leaf at the place of another',
    addWithLeaf('DROP CONSTRAINT IF EXISTS none', (middle) => middle),
    kinds('event_duplicated'),
  ],
  [
    'a forged event with a leaf of a negative index',
    addWithLeaf('DROP CONSTRAINT audit_leaf_index_check', () => -1),
    kinds('leaf_inserted', 'event_inserted'),
  ],
  [
    'a forged event with a leaf at the end',
    async (attack) => {
      await attack.sql(COPY, [attack.idAt('middle'), attack.freeId]);
      await attack.sql('INSERT INTO audit_leaf SELECT $1, id, leaf_hash FROM audit_event WHERE id = $2', [
        attack.scene.size,
        attack.freeId,
      ]);
    },
    ({ scene, freeId }) => ({ named: [{ kind: 'leaf_inserted', index: scene.size, eventId: freeId }] }),
  ],
  [
    'a leaf without a hash',
    async (attack) => {
      await attack.sql('ALTER TABLE audit_leaf ALTER COLUMN leaf_hash DROP NOT NULL');
      await atMiddle('UPDATE audit_leaf SET leaf_hash = NULL WHERE index = $1')(attack);
    },
    at('leaf_missing', 'middle'),
  ],
  [
    'a leaf of no event',
    async (attack) => {
      await attack.sql('ALTER TABLE audit_leaf ALTER COLUMN event_id DROP NOT NULL');
      await atMiddle('UPDATE audit_leaf SET event_id = NULL WHERE index = $1')(attack);
    },
    kinds('leaf_altered'),
  ],
  [
    'a leaf with a hash of 31 bytes',
    async (attack) => {
      await attack.sql('ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_leaf_hash_check');
      await atMiddle('UPDATE audit_leaf SET leaf_hash = substring(leaf_hash FROM 1 FOR 31) WHERE index = $1')(attack);
    },
    at('leaf_altered', 'middle'),
  ],
  [
    'an event without a hash of its leaf',
    async (attack) => {
      await attack.sql('ALTER TABLE audit_event ALTER COLUMN leaf_hash DROP NOT NULL');
      await attack.sql('UPDATE audit_event SET leaf_hash = NULL WHERE id = $1', [attack.idAt('middle')]);
    },
    at('event_altered', 'middle'),
  ],
  [
    'a leaf that stands in a table that inherits the leaves',
    async (attack) => {
      await attack.sql(COPY, [attack.idAt('middle'), attack.freeId]);
      await attack.sql('CREATE TABLE more_leaves () INHERITS (audit_leaf)');
      await attack.sql('GRANT SELECT ON more_leaves TO audit_reader');
      await attack.sql(`INSERT INTO more_leaves SELECT $1, id, leaf_hash FROM audit_event WHERE id = $2`, [
        attack.scene.at.middle,
        attack.freeId,
      ]);
    },
    kinds('event_duplicated'),
  ],
  [
    'the hash of the leaf of a retired event changed',
    async (attack) =>
      attack.sql(`UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE index = $1`, [attack.scene.at.retired]),
    at('leaf_altered', 'retired'),
  ],
  [
    'another event named in the leaf of a retired place',
    async (attack) =>
      attack.sql(`UPDATE audit_leaf SET event_id = audit_event_first_id('2026-01-05Z') WHERE index = $1`, [
        attack.scene.at.retired,
      ]),
    kinds('leaf_altered'),
  ],
]);

const FLIP = 'hashes = set_byte(hashes, 5, 255 - get_byte(hashes, 5))';
const TILE = kinds('tile_altered');

const tiles = listOf('superuser', [
  [
    'a byte of a tile changed',
    `UPDATE audit_tile SET ${FLIP} WHERE level = 0 AND index = 2`,
    { named: [{ kind: 'tile_altered', table: 'audit_tile', index: 512 }] },
  ],
  [
    'a byte of a tile of tiles changed',
    `UPDATE audit_tile SET ${FLIP} WHERE level = 1`,
    { named: [{ kind: 'tile_altered', table: 'audit_tile', index: 0 }] },
  ],
  [
    'a tile deleted',
    'DELETE FROM audit_tile WHERE level = 0 AND index = 2',
    { named: [{ kind: 'tile_missing', table: 'audit_tile', index: 512 }] },
  ],
  ['the tile of tiles deleted', 'DELETE FROM audit_tile WHERE level = 1', kinds('tile_missing')],
  ['all tiles deleted', 'DELETE FROM audit_tile', kinds('tile_missing')],
  ['a tile added', `INSERT INTO audit_tile VALUES (0, 40, 1, sha256('x'))`, kinds('tile_inserted')],
  [
    'a tile of a level that the tree has not',
    `INSERT INTO audit_tile VALUES (3, 0, 1, sha256('x'))`,
    kinds('tile_inserted'),
  ],
  [
    'a tile at the end of all numbers',
    `INSERT INTO audit_tile VALUES (32767, 9223372036854775807, 1, sha256('x'))`,
    kinds('tile_inserted'),
  ],
  [
    'a tile of the lowest level of all',
    `ALTER TABLE audit_tile DROP CONSTRAINT audit_tile_level_check; INSERT INTO audit_tile VALUES (-32768, 0, 1, sha256('x'))`,
    kinds('tile_inserted'),
  ],
  [
    'a tile that says another width',
    'ALTER TABLE audit_tile DROP CONSTRAINT audit_tile_check; UPDATE audit_tile SET width = 7 WHERE level = 0 AND index = 2',
    TILE,
  ],
  [
    'the tile at the edge made longer than the tree',
    `UPDATE audit_tile SET width = width + 1, hashes = hashes || sha256('x')
      WHERE level = 0 AND index = (SELECT max(index) FROM audit_tile WHERE level = 0)`,
    TILE,
  ],
  [
    'the tile at the edge cut',
    `UPDATE audit_tile SET width = width - 1, hashes = substring(hashes FROM 1 FOR 32 * (width - 1))
      WHERE level = 0 AND index = (SELECT max(index) FROM audit_tile WHERE level = 0)`,
    kinds('tile_missing'),
  ],
  [
    'a tile without hashes',
    `ALTER TABLE audit_tile ALTER COLUMN hashes DROP NOT NULL; UPDATE audit_tile SET hashes = NULL WHERE level = 0 AND index = 2`,
    kinds('tile_missing'),
  ],
  [
    'a second tile of one place',
    `ALTER TABLE audit_tile DROP CONSTRAINT audit_tile_pkey;
     INSERT INTO audit_tile SELECT level, index, width, sha256('x') || substring(hashes FROM 33) FROM audit_tile WHERE level = 0 AND index = 2`,
    TILE,
  ],
  [
    'two tiles that swapped their places',
    `UPDATE audit_tile SET index = 90 WHERE level = 0 AND index = 1; UPDATE audit_tile SET index = 1 WHERE level = 0 AND index = 2;
     UPDATE audit_tile SET index = 2 WHERE level = 0 AND index = 90`,
    TILE,
  ],
]);

export const LEAVES_AND_TILES: readonly Tampering[] = [...leaves, ...tiles];
