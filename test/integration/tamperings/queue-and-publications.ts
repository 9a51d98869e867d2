import { encodeCosignature } from '../../../src/modules/monitoring/log/notes/cosignature.js';
import { formatSignatureLine } from '../../../src/modules/monitoring/log/notes/signed-note.js';
import type { Attack } from './attack.js';
import { addEvent } from './events.js';
import { ledgerOf } from './perform.js';
import { kinds, listOf, type Tampering } from './tampering.js';

/** The event that waits first, and its hash. */
const WAITING = '(SELECT event_ids[1] FROM audit_unsequenced LIMIT 1)';
const UNSEALED = '… change or remove an event before it is sealed';

const queue = listOf('superuser', [
  ['a waiting event changed', `UPDATE audit_event SET reason = 'forged' WHERE id = ${WAITING}`, kinds('event_altered')],
  [
    'a waiting event’s person changed',
    `UPDATE audit_event SET actor_name = 'Bob' WHERE id = ${WAITING}`,
    kinds('personal_altered'),
  ],
  ['a waiting event deleted', `DELETE FROM audit_event WHERE id = ${WAITING}`, kinds('event_missing')],
  ['a waiting event that waits no more', 'DELETE FROM audit_unsequenced', kinds('event_inserted')],
  ['a hash that waits changed', `UPDATE audit_unsequenced SET leaf_hashes[1] = sha256('x')`, kinds('event_altered')],
  ['a hash that waits taken away', `UPDATE audit_unsequenced SET leaf_hashes = '{}'`, kinds('event_altered')],
  [
    'a sealed event that waits once more',
    async (attack) =>
      attack.sql(
        'INSERT INTO audit_unsequenced (event_ids, leaf_hashes) SELECT ARRAY[id], ARRAY[leaf_hash] FROM audit_event WHERE id = $1',
        [attack.idAt('middle')],
      ),
    kinds('event_duplicated'),
  ],
  [
    'an event that waits twice',
    'INSERT INTO audit_unsequenced (event_ids, leaf_hashes) SELECT event_ids, leaf_hashes FROM audit_unsequenced LIMIT 1',
    kinds('event_duplicated'),
  ],
  [
    'an event parked behind a transaction of the future',
    `UPDATE audit_unsequenced SET transaction = '999999999', stored_at = now() - interval '1 hour'`,
    { told: /wait to be sealed/ },
  ],
  [
    'an event parked, and said to be stored next year',
    `UPDATE audit_unsequenced SET stored_at = now() + interval '1 year'`,
    { told: /wait to be sealed/ },
  ],
  [
    'an event parked before all time',
    `UPDATE audit_unsequenced SET stored_at = '-infinity'`,
    { told: /wait to be sealed/ },
  ],
  ['an event parked forever', `UPDATE audit_unsequenced SET stored_at = 'infinity'`, { told: /wait to be sealed/ }],
  [
    'a waiting event deleted with its place in the queue',
    `DELETE FROM audit_event WHERE id = ANY (SELECT unnest(event_ids) FROM audit_unsequenced); DELETE FROM audit_unsequenced`,
    { cannot: UNSEALED },
  ],
]);

const line = (seconds: bigint): string =>
  formatSignatureLine({ name: 'witness.example', keyId: 8, signature: encodeCosignature(seconds, new Uint8Array(64)) });
const cosign = (text: () => string) => async (attack: Attack) =>
  attack.sql(`INSERT INTO audit_cosignature (size, witness_name, key_id, line) VALUES ($1, 'witness.example', 8, $2)`, [
    attack.scene.kept.size,
    text(),
  ]);
const nowSeconds = (): bigint => BigInt(Math.floor(Date.now() / 1_000));
const ALTERED: Tampering['outcome'] = ({ scene }) => ({
  named: [{ kind: 'cosignature_altered', table: 'audit_cosignature', index: scene.kept.size }],
});
const BESIDE =
  '… change what is beside the log: times of signing, what was published, cosignatures of witnesses that nobody names';

const FORGOTTEN = '… change what the rules remember of groups, in `audit_watch_group`';
const DROPPED = '… add triggers that drop what the application stores, and take them away before anybody looks';
const BASELINES = '… change `audit_row_baseline`, or what is waiting in the queues of row changes';

/** What is not held against the key, and what of it nobody can hold against anything. */
const unsigned = listOf('superuser', [
  [
    'a row of a canary for an event with its marks',
    `INSERT INTO audit_canary (type, day, event_id, note) SELECT 'order_created', '2026-01-01', id, 'x' FROM audit_event LIMIT 1`,
    { cannot: '… and store an event with the marks of canaries, with a row of its own' },
  ],
  [
    'what a rule remembers of a group',
    `INSERT INTO audit_watch_group (key, rule, state, expires_at) VALUES ('x', 'mass_reading', '{}', 'infinity')`,
    { cannot: FORGOTTEN },
  ],
  [
    'the times of checkpoints put forward',
    `UPDATE audit_checkpoint SET signed_at = now() + interval '1 year'`,
    { cannot: '… put the times of checkpoints forward' },
  ],
  [
    'an event dropped by a trigger that is gone again',
    `CREATE FUNCTION thin() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
     CREATE TRIGGER thin BEFORE INSERT ON audit_act FOR EACH ROW EXECUTE FUNCTION thin(); ALTER TABLE audit_act ENABLE ALWAYS TRIGGER thin;
     INSERT INTO audit_act SELECT * FROM audit_act LIMIT 1; DROP TRIGGER thin ON audit_act; DROP FUNCTION thin`,
    { cannot: DROPPED },
  ],
  [
    'a baseline of changed rows',
    `INSERT INTO audit_row_baseline (id, schema_name, table_name, key, columns, ignored, labels, cluster, snapshot, rows, digest)
     VALUES (gen_random_uuid(), 'public', 'rate', '{id}', '{}', '{}', '{}', 'x', 'x', 0, 'x')`,
    { cannot: BASELINES },
  ],
]);

const beside = listOf('owner', [
  ['a cosignature of the time 0', cosign(() => line(0n)), ALTERED],
  ['a cosignature of next year', cosign(() => line(nowSeconds() + 31_536_000n)), ALTERED],
  ['a cosignature that is not a signature', cosign(() => 'nothing'), ALTERED],
  ['a cosignature that nobody made, of now', cosign(() => line(nowSeconds())), { cannot: BESIDE }],
  ['cosignatures deleted, by an auditor who demands none', 'DELETE FROM audit_cosignature', { cannot: BESIDE }],
  [
    'the time of signing changed',
    `UPDATE audit_checkpoint SET signed_at = now() + interval '1 year'`,
    { cannot: BESIDE },
  ],
  ['what was published last changed', `UPDATE audit_publication SET size = 1, root = sha256('x')`, { cannot: BESIDE }],
]);

const withWitness: Tampering['check'] = (attack) => ({
  command: 'verify',
  args: [...ledgerOf(attack), '--checkpoint', attack.file('kept.note'), '--witness', attack.file('witness.key')],
});

const witnessed: readonly Tampering[] = [
  {
    name: 'cosignatures deleted, by an auditor who knows the witness',
    as: 'owner',
    isCommitted: true,
    do: 'DELETE FROM audit_cosignature',
    check: withWitness,
    outcome: kinds('cosignature_missing'),
  },
  {
    name: 'a line that cannot be read beside a cosignature, by an auditor who knows the witness',
    as: 'owner',
    isCommitted: true,
    do: cosign(() => 'nothing'),
    check: withWitness,
    outcome: kinds('cosignature_altered'),
  },
  {
    name: 'the note of a cosigned checkpoint spoilt, by an auditor who knows the witness',
    as: 'owner',
    isCommitted: true,
    do: `UPDATE audit_checkpoint SET note = 'nothing' WHERE size IN (SELECT size FROM audit_cosignature)`,
    check: withWitness,
    outcome: kinds('checkpoint_altered', 'cosignature_missing'),
  },
  {
    name: 'a cosignature moved to another checkpoint',
    as: 'owner',
    isCommitted: true,
    do: 'UPDATE audit_cosignature SET size = (SELECT max(size) FROM audit_checkpoint)',
    check: withWitness,
    outcome: kinds('cosignature_missing', 'cosignature_forged'),
  },
  {
    name: 'events behind the last cosigned checkpoint, by an auditor who knows the witness',
    as: 'writer',
    isCommitted: true,
    do: async (attack) => addEvent(attack),
    check: withWitness,
    outcome: { told: /later event\(s\) have no quorum yet/ },
  },
];

export const QUEUE_AND_PUBLICATIONS: readonly Tampering[] = [...queue, ...unsigned, ...beside, ...witnessed];
