import { signCheckpoint } from '../../support/sign-checkpoint.js';
import { generateKeyPair } from '../../../src/monitoring/proof/log/notes/note-key.js';
import { parseSigningKey } from '../../../src/monitoring/proof/log/notes/note-signer.js';
import { FITTING_HEAD, forgeLeaf, forgeLog, forgeTiles } from '../../support/forge-log.js';
import { EMPTY_EDGE, extendEdge, computeEdgeRoot } from '../../../src/monitoring/proof/log/tiles/tree-edge.js';
import { addEvents, makeSequencer, makeSigner, ORIGIN, withClient } from '../../support/index.js';
import type { Attack } from './attack.js';
import { getLedgerArguments } from './perform.js';
import { by, kinds, buildList, type Tampering } from './tampering.js';

const UNKEPT = '(SELECT max(size) FROM audit_checkpoint WHERE size < (SELECT max(size) FROM audit_checkpoint))';

async function rewrite(attack: Attack, place: 'middle' | 'late'): Promise<void> {
  await attack.sql(`UPDATE audit_event SET reason = 'forged' WHERE id = $1`, [attack.idAt(place)]);
  await forgeLeaf(attack.client, attack.idAt(place));
}

type Signer = (attack: Attack) => ReturnType<typeof parseSigningKey>;
const foreignLockHolder: Signer = () => parseSigningKey(generateKeyPair(ORIGIN).signingKey);
const thief: Signer = ({ scene }) => parseSigningKey(scene.signingKey);

const rewriteAll = (signer: Signer) => async (attack: Attack) => {
  await rewrite(attack, 'middle');
  await forgeLog(attack.client, signer(attack));
};

export async function rewriteAndPutBack(attack: Attack): Promise<void> {
  const { note, size } = attack.scene.kept;
  await rewriteAll(thief)(attack);
  const root = Buffer.from(note.split('\n')[2] ?? '', 'base64');
  await attack.sql('UPDATE audit_checkpoint SET note = $1, root = $2 WHERE size = $3', [note, root, size]);
}

async function putHead(
  attack: Attack,
  signer: ReturnType<Signer>,
  size: number,
  root = Buffer.alloc(32),
): Promise<void> {
  const note = signCheckpoint({ origin: ORIGIN, size, rootHash: root }, [signer]);
  await attack.sql('INSERT INTO audit_checkpoint (size, root, note) VALUES ($1, $2, $3)', [size, root, note]);
}

async function cut(attack: Attack, size: number): Promise<void> {
  await attack.sql('DELETE FROM audit_event WHERE id = ANY ($1)', [attack.scene.ids.slice(size)]);
  await attack.sql('DELETE FROM audit_leaf WHERE index >= $1', [size]);
  await attack.sql('DELETE FROM audit_checkpoint WHERE size > $1', [size]);
  await attack.sql(FITTING_HEAD);
  await forgeTiles(attack.client);
}

const checkpoints = by('owner')`
the root of a checkpoint changed → checkpoint_altered
  UPDATE audit_checkpoint SET root = sha256('x') WHERE size = ${UNKEPT}
the size of a checkpoint changed → checkpoint_altered
  UPDATE audit_checkpoint SET size = size + 1 WHERE size = ${UNKEPT}
the size in the note of a checkpoint changed → checkpoint_forged
  UPDATE audit_checkpoint SET note = replace(note, E'\n' || size || E'\n', E'\n' || size + 1 || E'\n'), size = size + 1
   WHERE size = ${UNKEPT}
a checkpoint that is not a note → checkpoint_altered
  UPDATE audit_checkpoint SET note = 'nothing' WHERE size = ${UNKEPT}
a checkpoint without a root → checkpoint_altered
  ALTER TABLE audit_checkpoint ALTER COLUMN root DROP NOT NULL;
  UPDATE audit_checkpoint SET root = NULL WHERE size = ${UNKEPT}
a checkpoint without a note → checkpoint_altered
  ALTER TABLE audit_checkpoint ALTER COLUMN note DROP NOT NULL;
  UPDATE audit_checkpoint SET note = NULL WHERE size = ${UNKEPT}
the note of another checkpoint put → checkpoint_altered
  UPDATE audit_checkpoint SET note = (SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1) WHERE size = ${UNKEPT}
a second checkpoint of one size → checkpoint_altered
  ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_pkey;
  INSERT INTO audit_checkpoint SELECT size, sha256('x'), note FROM audit_checkpoint WHERE size = ${UNKEPT}
an old checkpoint without a size, which is served as the newest → checkpoint_altered
  ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_pkey; ALTER TABLE audit_checkpoint ALTER size DROP NOT NULL;
  INSERT INTO audit_checkpoint SELECT NULL, root, note FROM audit_checkpoint ORDER BY size LIMIT 1
a checkpoint of a negative size → checkpoint_altered
  ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_size_check; INSERT INTO audit_checkpoint VALUES (-1, sha256('x'), 'x')
the checkpoint deleted that the auditor kept → checkpoint_missing
  DELETE FROM audit_checkpoint WHERE size = <#kept>
a checkpoint deleted that nobody kept → cannot … remove a checkpoint that nobody stored elsewhere
  DELETE FROM audit_checkpoint WHERE size = ${UNKEPT}
the head says that less is signed → head_altered
  UPDATE audit_head SET signed = 1
the head removed → head_altered
  DELETE FROM audit_head
the last checkpoint deleted → checkpoint_missing leaf_inserted tile_altered
  DELETE FROM audit_checkpoint WHERE size = (SELECT max(size) FROM audit_checkpoint)
the ledger emptied → tail_truncated act_forged hold_forged erasure_forged
  DELETE FROM audit_event; DELETE FROM audit_leaf; DELETE FROM audit_tile; DELETE FROM audit_checkpoint; DELETE FROM audit_signing_key;
  DELETE FROM audit_inbox
every note kept under another origin → checkpoint_unverified
  UPDATE audit_checkpoint SET note = replace(note, 'nestjs-audit-ledger.local/ledger', 'nestjs-audit-ledger.local/lager')
an act of a lost key that states nothing → act_forged
  INSERT INTO audit_act (number, event_id, type, note)
  SELECT max(number) + 1, gen_random_uuid(), 'audit_signing_key_lost',
         E'nestjs-audit-ledger/act@v1\nx\n0\n-\n1\n-\nnull\n\n\u2014 x AAAAAAAA\n' FROM audit_act
the act of a key change deleted, by an auditor who has the old key alone → unchecked the known keys are
  DELETE FROM audit_act
the act of a key change called another one, by an auditor who has the old key alone → act_forged
  UPDATE audit_act SET type = 'x' WHERE type = 'audit_signing_keys_changed'
the act of a key change rewritten, by an auditor who has the old key alone → act_forged act_missing
  UPDATE audit_act SET note = replace(note, '"keys"', '"Keys"') WHERE type = 'audit_signing_keys_changed'
`;

const signed = buildList('owner', [
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
    rewriteAll(foreignLockHolder),
    kinds('checkpoint_unverified', 'checkpoint_altered', 'history_rewritten'),
  ],
  [
    'a newer checkpoint signed with another key',
    async (attack) => putHead(attack, foreignLockHolder(attack), 5_000),
    kinds('checkpoint_unverified'),
  ],
  [
    'the tail cut off at a checkpoint that is older than the kept one',
    async (attack) => cut(attack, Number(attack.scene.notes.at(-4)?.split('\n')[1])),
    kinds('tail_truncated'),
  ],
  [
    'another verifier key named in the database',
    async (attack) =>
      attack.sql('INSERT INTO audit_signing_key VALUES ($1)', [generateKeyPair('example.com/theirs').verifierKey]),
    { told: /audit_signing_key names key\(s\) that nothing connects with the log's: example\.com\/theirs\+/ },
  ],
  ['the keys deleted', 'DELETE FROM audit_signing_key', { told: /audit_signing_key lacks key\(s\) of the log: / }],
  [
    'the keys replaced by the key of a stranger',
    async (attack) => {
      await attack.sql('DELETE FROM audit_signing_key');
      await attack.sql('INSERT INTO audit_signing_key VALUES ($1)', [generateKeyPair(ORIGIN).verifierKey]);
    },
    { told: /audit_signing_key lacks key\(s\) of the log: .*audit_signing_key names key\(s\)/s },
  ],
  [
    'an act of key change by a key of a stranger',
    async (attack) =>
      attack.sql(
        `INSERT INTO audit_act SELECT (SELECT max(number) + 1 FROM audit_act), gen_random_uuid(), type, replace(note, $1, $2)
           FROM audit_act WHERE type = 'audit_signing_keys_changed'`,
        [attack.scene.verifierKey, generateKeyPair(ORIGIN).verifierKey],
      ),
    kinds('act_forged'),
  ],
]);

const LATE = { cannot: '… but only after the newest checkpoint that was stored elsewhere' };
const cutBehindKept = async (attack: Attack): Promise<void> => cut(attack, attack.scene.kept.size);

const stolen: readonly Tampering[] = [
  ...buildList('stolen key', [
    [
      'a history rewritten and signed with the stolen key',
      rewriteAll(thief),
      kinds('history_rewritten', 'checkpoint_altered'),
    ],
    [
      'a rewritten history, with the checkpoint put back that the auditor kept',
      rewriteAndPutBack,
      kinds('history_rewritten', 'checkpoint_contradicted'),
    ],
    [
      'a tail cut off with the stolen key, before the kept checkpoint',
      async (attack) => {
        await cut(attack, attack.scene.kept.size - 100);
        const hashes = await forgeTiles(attack.client);
        await putHead(
          attack,
          thief(attack),
          hashes.length,
          Buffer.from(computeEdgeRoot(extendEdge(EMPTY_EDGE, hashes).edge)),
        );
        await attack.sql(FITTING_HEAD);
      },
      kinds('tail_truncated'),
    ],
    [
      'two trees signed with the stolen key at one size',
      async (attack) => {
        await attack.sql('ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_pkey');
        await putHead(attack, thief(attack), attack.scene.size, Buffer.alloc(32, 1));
      },
      kinds('checkpoint_contradicted'),
    ],
    [
      'a checkpoint of a larger tree than there is',
      async (attack) => putHead(attack, thief(attack), attack.scene.size + 10, Buffer.alloc(32, 1)),
      kinds('head_altered', 'leaf_missing', 'checkpoint_contradicted', 'tile_missing'),
    ],
    [
      'an event after the kept checkpoint rewritten, and all signed again',
      async (attack) => {
        await rewrite(attack, 'late');
        await forgeTiles(attack.client);
        await resignLate(attack);
      },
      LATE,
    ],
    ['the events behind the kept checkpoint cut off', cutBehindKept, LATE],
  ]),
  {
    name: 'a new ledger begun with another key, and the auditor was given that key',
    as: 'superuser',
    isCommitted: true,
    do: async (attack) => {
      await attack.sql(`TRUNCATE audit_event, audit_leaf, audit_tile, audit_checkpoint, audit_signing_key, audit_act, audit_erased, audit_legal_hold,
        audit_retirement, audit_retired_range, audit_cosignature, audit_publication, audit_inbox`);
      const { sequencer } = makeSequencer(attack.database.url, await makeSigner());
      await withClient(attack.database.url, (client) => addEvents(client, 40));
      await sequencer.run();
      await sequencer.close();
    },
    check: (attack) => ['--json', '--database-url', attack.auditorUrl],
    outcome: { cannot: 'who replaces your verifier key' },
  },
  {
    name: 'the tail cut off, where the auditor kept nothing and the application’s key file is there',
    as: 'superuser',
    isCommitted: true,
    do: cutBehindKept,
    check: getLedgerArguments,
    environment: (attack) => ({ AUDIT_SIGNING_KEY_FILE: attack.file('key') }),
    outcome: kinds('tail_truncated'),
  },
];

async function resignLate(attack: Attack): Promise<void> {
  const { kept } = attack.scene;
  await attack.sql('CREATE TEMP TABLE kept AS SELECT * FROM audit_checkpoint WHERE size <= $1', [kept.size]);
  await forgeLog(attack.client, thief(attack));
  await attack.sql('DELETE FROM audit_checkpoint WHERE size <= $1', [kept.size]);
  await attack.sql('INSERT INTO audit_checkpoint SELECT * FROM kept');
}

export const CHECKPOINTS_AND_KEYS: readonly Tampering[] = [...checkpoints, ...signed, ...stolen];
