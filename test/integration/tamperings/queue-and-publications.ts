import { encodeCosignature } from '../../../src/monitoring/proof/log/notes/note-signer.js';
import { formatSignatureLine } from '../../../src/monitoring/proof/log/notes/signed-note.js';
import type { Attack } from './attack.js';
import { addEvent } from './events.js';
import { by, inCopies, buildList, getOutcome, type Tampering } from './tampering.js';

const DROPPED = '… add triggers that discard writes of the application, and remove them before a check';
const BASELINES = '… change `audit_row_baseline`, or waiting rows in the queues of row changes';

const waiting = inCopies(by('superuser')`
a row parked behind a transaction of the future → told waited for \d+ s to be sealed
  UPDATE audit_inbox SET transaction = '999999999', stored_at = now() - interval '1 hour'
a row parked before all time → told waited for \d+ s to be sealed
  UPDATE audit_inbox SET stored_at = '-infinity'
a row parked forever → told waited for \d+ s to be sealed
  UPDATE audit_inbox SET stored_at = 'infinity'
a row put among the parked lines → told are parked
  INSERT INTO audit_parked (stored_at, reason, version, seed, line) SELECT stored_at, 'x', version, seed, body FROM audit_inbox; DELETE FROM audit_inbox
`);

const queue = by('superuser')`
a waiting event changed → cannot … change or remove an event before it is sealed
  UPDATE audit_inbox SET body = replace(body, 'order', 'ordet')
a signed row inserted once more → cannot … put a row into the inbox that the application itself made: seen on its connection, or of a transaction that rolled back
  INSERT INTO audit_inbox (version, seed, mac, body) SELECT version, seed, mac, body FROM audit_inbox
a waiting event deleted → cannot … change or remove an event before it is sealed
  DELETE FROM audit_inbox
`;

const BESIDE = '… change data beside the log: times of signing, publications, cosignatures of unnamed witnesses';

/** The key signs none of these values. */
const unsigned = by('superuser')`
the times of checkpoints put forward → cannot ${BESIDE}
  UPDATE audit_checkpoint SET signed_at = now() + interval '1 year'
an event dropped by a trigger that is gone again → cannot ${DROPPED}
  CREATE FUNCTION thin() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
  CREATE TRIGGER thin BEFORE INSERT ON audit_act FOR EACH ROW EXECUTE FUNCTION thin(); ALTER TABLE audit_act ENABLE ALWAYS TRIGGER thin;
  INSERT INTO audit_act SELECT * FROM audit_act LIMIT 1; DROP TRIGGER thin ON audit_act; DROP FUNCTION thin
a baseline of changed rows → cannot ${BASELINES}
  INSERT INTO audit_row_baseline (id, schema_name, table_name, key, columns, ignored, labels, cluster, snapshot, rows, digest)
  VALUES (gen_random_uuid(), 'public', 'rate', '{id}', '{}', '{}', '{}', 'x', 'x', 0, 'x')
`;

const line = (seconds: bigint): string =>
  formatSignatureLine({ name: 'witness.example', keyId: 8, signature: encodeCosignature(seconds, new Uint8Array(64)) });
const cosign = (text: () => string) => async (attack: Attack) =>
  attack.sql(`INSERT INTO audit_cosignature (size, witness_name, key_id, line) VALUES ($1, 'witness.example', 8, $2)`, [
    attack.scene.kept.size,
    text(),
  ]);
const nowSeconds = (): bigint => BigInt(Math.floor(Date.now() / 1_000));
const ALTERED = getOutcome('cosignature_altered@#kept');
const ADDITIONS = buildList('owner', [
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

const witnessed = [
  ...by('owner')`
cosignatures deleted, by an auditor who knows the witness → cosignature_missing
  DELETE FROM audit_cosignature
the note of a cosigned checkpoint spoilt, by an auditor who knows the witness → checkpoint_altered cosignature_missing
  UPDATE audit_checkpoint SET note = 'nothing' WHERE size IN (SELECT size FROM audit_cosignature)
a cosignature moved to another checkpoint → cosignature_missing cosignature_forged
  UPDATE audit_cosignature SET size = (SELECT max(size) FROM audit_checkpoint)
`,
  ...buildList('owner', [
    [
      'a line that cannot be read beside a cosignature, by an auditor who knows the witness',
      cosign(() => 'nothing'),
      getOutcome('cosignature_altered'),
    ],
  ]),
  ...buildList('writer', [
    [
      'events behind the last cosigned checkpoint, by an auditor who knows the witness',
      async (attack) => addEvent(attack),
      getOutcome('told later event\\(s\\) have no quorum yet'),
    ],
  ]),
].map((tampering): Tampering => ({ ...tampering, isWitnessed: true }));

export const QUEUE_AND_PUBLICATIONS: readonly Tampering[] = [
  ...waiting,
  ...queue,
  ...unsigned,
  ...ADDITIONS,
  ...witnessed,
];
