import { signCheckpoint } from '../../../src/modules/monitoring/log/notes/checkpoint.js';
import { generateKeyPair } from '../../../src/modules/monitoring/log/notes/note-key.js';
import { parseSigningKey } from '../../../src/modules/monitoring/log/notes/note-signer.js';
import { forgeLeaf, forgeLog, forgeTiles } from '../../support/forge-log.js';
import { EMPTY_EDGE, growEdge, rootOfEdge } from '../../../src/modules/monitoring/log/tiles/tree-edge.js';
import { addEvents, makeSequencer, makeSigner, ORIGIN } from '../../support/log-scene.js';
import { withClient } from '../../support/sql.js';
import type { Attack } from './attack.js';
import { ledgerOf } from './perform.js';
import { kinds, listOf, type Tampering } from './tampering.js';

/** A row of the checkpoint that is second to last, which nobody kept. */
const UNKEPT = '(SELECT max(size) FROM audit_checkpoint WHERE size < (SELECT max(size) FROM audit_checkpoint))';

async function rewrite(attack: Attack, place: 'middle' | 'late'): Promise<void> {
  await attack.sql(`UPDATE audit_event SET reason = 'forged' WHERE id = $1`, [attack.idAt(place)]);
  await forgeLeaf(attack.client, attack.idAt(place));
}

const stranger = () => parseSigningKey(generateKeyPair(ORIGIN).signingKey);
const thief = ({ scene }: Attack) => parseSigningKey(scene.signingKey);

async function cut(attack: Attack, size: number): Promise<void> {
  await attack.sql('DELETE FROM audit_event WHERE id = ANY ($1)', [attack.scene.ids.slice(size)]);
  await attack.sql('DELETE FROM audit_leaf WHERE index >= $1', [size]);
  await attack.sql('DELETE FROM audit_checkpoint WHERE size > $1', [size]);
  await forgeTiles(attack.client);
}

const checkpoints = listOf('owner', [
  [
    'the root of a checkpoint changed',
    `UPDATE audit_checkpoint SET root = sha256('x') WHERE size = ${UNKEPT}`,
    kinds('checkpoint_altered'),
  ],
  [
    'the size of a checkpoint changed',
    `UPDATE audit_checkpoint SET size = size + 1 WHERE size = ${UNKEPT}`,
    kinds('checkpoint_altered'),
  ],
  [
    'the size in the note of a checkpoint changed',
    `UPDATE audit_checkpoint SET note = replace(note, E'\\n' || size || E'\\n', E'\\n' || size + 1 || E'\\n'), size = size + 1 WHERE size = ${UNKEPT}`,
    kinds('checkpoint_forged'),
  ],
  [
    'a checkpoint that is not a note',
    `UPDATE audit_checkpoint SET note = 'nothing' WHERE size = ${UNKEPT}`,
    kinds('checkpoint_altered'),
  ],
  [
    'a checkpoint without a root',
    `ALTER TABLE audit_checkpoint ALTER COLUMN root DROP NOT NULL; UPDATE audit_checkpoint SET root = NULL WHERE size = ${UNKEPT}`,
    kinds('checkpoint_altered'),
  ],
  [
    'a checkpoint without a note',
    `ALTER TABLE audit_checkpoint ALTER COLUMN note DROP NOT NULL; UPDATE audit_checkpoint SET note = NULL WHERE size = ${UNKEPT}`,
    kinds('checkpoint_altered'),
  ],
  [
    'the note of another checkpoint put',
    `UPDATE audit_checkpoint SET note = (SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1) WHERE size = ${UNKEPT}`,
    kinds('checkpoint_altered'),
  ],
  [
    'a second checkpoint of one size',
    `ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_pkey;
     INSERT INTO audit_checkpoint SELECT size, sha256('x'), note FROM audit_checkpoint WHERE size = ${UNKEPT}`,
    kinds('checkpoint_altered'),
  ],
  [
    'an old checkpoint without a size, which is served as the newest',
    `ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_pkey; ALTER TABLE audit_checkpoint ALTER size DROP NOT NULL;
     INSERT INTO audit_checkpoint SELECT NULL, root, note FROM audit_checkpoint ORDER BY size LIMIT 1`,
    kinds('checkpoint_altered'),
  ],
  [
    'a checkpoint of a negative size',
    `ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_size_check; INSERT INTO audit_checkpoint VALUES (-1, sha256('x'), 'x')`,
    kinds('checkpoint_altered'),
  ],
  [
    'the checkpoint deleted that the auditor kept',
    async (attack) => attack.sql('DELETE FROM audit_checkpoint WHERE size = $1', [attack.scene.kept.size]),
    kinds('checkpoint_missing'),
  ],
  [
    'a checkpoint deleted that nobody kept',
    `DELETE FROM audit_checkpoint WHERE size = ${UNKEPT}`,
    { cannot: '… remove a checkpoint that nobody kept' },
  ],
  [
    'the last checkpoint deleted',
    'DELETE FROM audit_checkpoint WHERE size = (SELECT max(size) FROM audit_checkpoint)',
    kinds('leaf_inserted', 'tile_altered'),
  ],
  [
    'all checkpoints deleted, and an event rewritten with leaf and tiles',
    async (attack) => {
      await rewrite(attack, 'middle');
      await forgeTiles(attack.client);
      await attack.sql('DELETE FROM audit_checkpoint');
    },
    kinds('checkpoint_missing', 'history_rewritten'),
  ],
  [
    'everything rewritten and signed with another key',
    async (attack) => {
      await rewrite(attack, 'middle');
      await forgeLog(attack.client, stranger());
    },
    kinds('checkpoint_unverified', 'checkpoint_altered', 'history_rewritten'),
  ],
  [
    'a newer checkpoint signed with another key',
    async (attack) => {
      const note = signCheckpoint({ origin: ORIGIN, size: 5_000, rootHash: Buffer.alloc(32) }, [stranger()]);
      await attack.sql('INSERT INTO audit_checkpoint (size, root, note) VALUES (5000, $1, $2)', [
        Buffer.alloc(32),
        note,
      ]);
    },
    kinds('checkpoint_unverified'),
  ],
  [
    'the tail cut off at a checkpoint that is older than the kept one',
    async (attack) => cut(attack, Number(attack.scene.notes.at(-4)?.split('\n')[1])),
    kinds('tail_truncated'),
  ],
  [
    'the ledger emptied',
    'DELETE FROM audit_event; DELETE FROM audit_leaf; DELETE FROM audit_tile; DELETE FROM audit_checkpoint; DELETE FROM audit_signing_key; DELETE FROM audit_unsequenced',
    kinds('tail_truncated', 'act_forged', 'hold_forged', 'erasure_forged'),
  ],
  [
    'every note kept under another origin',
    `UPDATE audit_checkpoint SET note = replace(note, 'example.com/log', 'example.com/lag')`,
    kinds('checkpoint_unverified'),
  ],
]);

const keys = [
  ...listOf('owner', [
    [
      'an act of a lost key that states nothing',
      `INSERT INTO audit_act (number, event_id, type, note)
         SELECT max(number) + 1, gen_random_uuid(), 'audit_signing_key_lost',
                E'nestjs-audit-ledger/act@v1\\nx\\n0\\n-\\n1\\n-\\nnull\\n\\n\\u2014 x AAAAAAAA\\n' FROM audit_act`,
      kinds('act_forged'),
    ],
    [
      'another verifier key named in the database',
      async (attack) => {
        await attack.sql('DELETE FROM audit_signing_key');
        await attack.sql('INSERT INTO audit_signing_key VALUES ($1)', [generateKeyPair(ORIGIN).verifierKey]);
      },
      { cannot: '… name other keys in its tables, by acts that no key of the ledger signed, or none' },
    ],
    [
      'the act of a key change deleted, by an auditor who has the old key alone',
      'DELETE FROM audit_act',
      { unchecked: /the known keys are/ },
    ],
    [
      'the act of a key change called another one, by an auditor who has the old key alone',
      `UPDATE audit_act SET type = 'x' WHERE type = 'audit_signing_keys_changed'`,
      kinds('act_forged'),
    ],
    [
      'the act of a key change rewritten, by an auditor who has the old key alone',
      `UPDATE audit_act SET note = replace(note, '"keys"', '"Keys"') WHERE type = 'audit_signing_keys_changed'`,
      kinds('act_forged', 'act_missing'),
    ],
    [
      'an act of key change by a key of a stranger',
      async (attack) => {
        const { verifierKey } = generateKeyPair(ORIGIN);
        await attack.sql(
          `INSERT INTO audit_act SELECT (SELECT max(number) + 1 FROM audit_act), gen_random_uuid(), type, replace(note, $1, $2)
             FROM audit_act WHERE type = 'audit_signing_keys_changed'`,
          [attack.scene.verifierKey, verifierKey],
        );
      },
      kinds('act_forged'),
    ],
  ]),
];

const stolen: readonly Tampering[] = [
  ...listOf('stolen key', [
    [
      'a history rewritten and signed with the stolen key',
      async (attack) => {
        await rewrite(attack, 'middle');
        await forgeLog(attack.client, thief(attack));
      },
      kinds('history_rewritten', 'checkpoint_altered'),
    ],
    [
      'a rewritten history, with the checkpoint put back that the auditor kept',
      async (attack) => {
        const { note, size } = attack.scene.kept;
        await rewrite(attack, 'middle');
        await forgeLog(attack.client, thief(attack));
        const root = Buffer.from(note.split('\n')[2] ?? '', 'base64');
        await attack.sql('UPDATE audit_checkpoint SET note = $1, root = $2 WHERE size = $3', [note, root, size]);
      },
      kinds('history_rewritten', 'checkpoint_contradicted'),
    ],
    [
      'a tail cut off with the stolen key, before the kept checkpoint',
      async (attack) => {
        await cut(attack, attack.scene.kept.size - 100);
        await signHead(attack);
      },
      kinds('tail_truncated'),
    ],
    [
      'two trees signed with the stolen key at one size',
      async (attack) => {
        const { size } = attack.scene;
        const note = signCheckpoint({ origin: ORIGIN, size, rootHash: Buffer.alloc(32, 1) }, [thief(attack)]);
        await attack.sql('ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_pkey');
        await attack.sql('INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)', [
          size,
          Buffer.alloc(32, 1),
          note,
        ]);
      },
      kinds('checkpoint_contradicted'),
    ],
    [
      'a checkpoint of a larger tree than there is',
      async (attack) => {
        const size = attack.scene.size + 10;
        const note = signCheckpoint({ origin: ORIGIN, size, rootHash: Buffer.alloc(32, 1) }, [thief(attack)]);
        await attack.sql('INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)', [
          size,
          Buffer.alloc(32, 1),
          note,
        ]);
      },
      kinds('leaf_missing', 'checkpoint_contradicted', 'tile_missing'),
    ],
    [
      'an event after the kept checkpoint rewritten, and all signed again',
      async (attack) => {
        await rewrite(attack, 'late');
        await forgeTiles(attack.client);
        await resignLate(attack);
      },
      { cannot: '… but only after the newest checkpoint that was kept elsewhere' },
    ],
    [
      'the events behind the kept checkpoint cut off',
      async (attack) => cut(attack, attack.scene.kept.size),
      { cannot: '… but only after the newest checkpoint that was kept elsewhere' },
    ],
  ]),
  {
    name: 'a new ledger begun with another key, and the auditor was given that key',
    as: 'superuser',
    isCommitted: true,
    do: async (attack) => {
      await attack.sql(`TRUNCATE audit_event, audit_leaf, audit_tile, audit_checkpoint, audit_signing_key, audit_act, audit_erased, audit_legal_hold,
        audit_retirement, audit_retired_range, audit_cosignature, audit_publication, audit_unsequenced`);
      const { sequencer } = makeSequencer(attack.database.url, await makeSigner());
      await withClient(attack.database.url, (client) => addEvents(client, 40));
      await sequencer.step();
      await sequencer.close();
    },
    check: (attack) => ({ command: 'verify', args: ['--json', '--database-url', attack.auditorUrl] }),
    outcome: { cannot: 'who removes the verifier key from your hands' },
  },
  {
    name: 'the tail cut off, where the auditor kept nothing and the application’s key file is there',
    as: 'superuser',
    isCommitted: true,
    do: async (attack) => cut(attack, attack.scene.kept.size),
    check: (attack) => ({ command: 'verify', args: ledgerOf(attack) }),
    environment: (attack) => ({ AUDIT_SIGNING_KEY_FILE: attack.file('key') }),
    outcome: kinds('tail_truncated'),
  },
];

/** Signs the tree of the leaves as they are. */
async function signHead(attack: Attack): Promise<void> {
  const hashes = await forgeTiles(attack.client);
  const rootHash = rootOfEdge(growEdge(EMPTY_EDGE, hashes).edge);
  const note = signCheckpoint({ origin: ORIGIN, size: hashes.length, rootHash }, [thief(attack)]);
  const sql = 'INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)';
  await attack.sql(sql, [hashes.length, rootHash, note]);
}

/** Signs the checkpoints that nobody kept again, for the leaves as they are. */
async function resignLate(attack: Attack): Promise<void> {
  const { kept } = attack.scene;
  await attack.sql('CREATE TEMP TABLE kept AS SELECT * FROM audit_checkpoint WHERE size <= $1', [kept.size]);
  await forgeLog(attack.client, thief(attack));
  await attack.sql('DELETE FROM audit_checkpoint WHERE size <= $1', [kept.size]);
  await attack.sql('INSERT INTO audit_checkpoint SELECT * FROM kept');
}

export const CHECKPOINTS_AND_KEYS: readonly Tampering[] = [...checkpoints, ...keys, ...stolen];
