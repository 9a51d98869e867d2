import { rm } from 'node:fs/promises';
import type { StatementSigner } from '../../../src/monitoring/proof/log/notes/statement.js';
import { formatAct, hashAct, verifyAct, type Act } from '../../../src/monitoring/keep/acts/act-note.js';
import { HOLD_ACTIONS, buildPlacementStatement } from '../../../src/monitoring/keep/acts/hold-acts.js';
import { signNext } from '../../../src/monitoring/keep/acts/store-act.js';
import { makeSequencer, makeSigner, ORIGIN } from '../../support/log-scene.js';
import { makeArchives, policyBy, retireWith } from '../../support/retention-scene.js';
import type { Attack } from './attack.js';
import { addEvent } from './events.js';
import { by, kinds, buildList, type Tampering } from './tampering.js';

const onHold =
  (assignment: string, which: 'active' | 'released' = 'active') =>
  async (attack: Attack) =>
    attack.sql(`UPDATE audit_legal_hold SET ${assignment} WHERE id = $1`, [attack.scene.holds[which]]);

const ALTERED = kinds('hold_altered');
const FORGED = kinds('hold_forged');

const holds = buildList('owner', [
  ['a hold released by SQL', onHold('released_at = now()'), FORGED],
  ['a hold ended early', onHold('until = now()'), ALTERED],
  ['a hold moved to another person', onHold(`actor_id = 'u-2'`), ALTERED],
  ['a hold made narrower', onHold(`tenant_id = 'nobody'`), ALTERED],
  ['a hold limited to a time', onHold(`occurred_to = '2020-01-01'`), ALTERED],
  ['a hold limited to no time at all', onHold(`occurred_to = '-infinity'`), ALTERED],
  ['a hold that ended before Christ', onHold(`until = '2099-01-01 00:00:00+00 BC'`), ALTERED],
  ['a hold placed at no time', onHold(`placed_at = 'infinity'`), ALTERED],
  ['a hold given another reason', onHold(`reason = 'none'`), ALTERED],
  ['a hold said to be of another', onHold(`placed_by = 'mallory'`), ALTERED],
  ['a hold without its act', onHold('placed_act = NULL'), FORGED],
  ['a hold with an act that was changed', onHold(`placed_act = replace(placed_act, '"hash":"', '"hash":"x')`), FORGED],
  [
    'a released hold put back in force',
    onHold('released_at = NULL, released_by = NULL, release_reason = NULL, released_act = NULL', 'released'),
    ALTERED,
  ],
  ['a hold released at another time', onHold('released_at = now()', 'released'), ALTERED],
]);

const onRetirement = (assignment: string): string => `UPDATE audit_retirement SET ${assignment} WHERE kind = 'rows'`;
const RETIREMENT_ALTERED = kinds('retirement_altered', 'event_missing');

const retirements = buildList('owner', [
  ['a retirement said to be of more events', onRetirement('events = events + 1'), RETIREMENT_ALTERED],
  ['the policy of a retirement changed', onRetirement(`policy = '{"days":1}'`), RETIREMENT_ALTERED],
  ['the cutoff of a retirement changed', onRetirement('cutoff = now()'), RETIREMENT_ALTERED],
  ['the archive of a retirement renamed', onRetirement(`archive = 'elsewhere'`), RETIREMENT_ALTERED],
  ['the month of a retirement changed', onRetirement(`partition = 'audit_event_2026_03'`), RETIREMENT_ALTERED],
  ['a retirement taken back to where it was planned', onRetirement(`state = 'planned'`), kinds('event_missing')],
]);

const ROWS = `(SELECT id FROM audit_retirement WHERE kind = 'rows')`;
const second = (columns: string): string =>
  `INSERT INTO audit_retirement
  SELECT (jsonb_populate_record(r, jsonb_build_object(${columns}))).* FROM audit_retirement r WHERE kind = 'rows'`;

const tables = by('owner')`
a hold deleted → hold_missing
  DELETE FROM audit_legal_hold WHERE id = <active>
a hold without the time at which it was placed → hold_altered
  ALTER TABLE audit_legal_hold ALTER placed_at DROP NOT NULL; UPDATE audit_legal_hold SET placed_at = NULL WHERE id = <active>
a hold with the act of another → hold_altered
  UPDATE audit_legal_hold SET placed_act = (SELECT placed_act FROM audit_legal_hold WHERE id = <over>) WHERE id = <active>
a hold with the release of another → hold_altered
  UPDATE audit_legal_hold h SET released_at = o.released_at, released_by = o.released_by, release_reason = o.release_reason,
         released_act = o.released_act FROM audit_legal_hold o WHERE h.id = <active> AND o.id = <over>
a hold placed by SQL → hold_forged
  INSERT INTO audit_legal_hold (id, placed_by, reason, tenant_id) VALUES (gen_random_uuid(), 'eve', 'x', 'acme')
the events of holds deleted, whose acts have a table of their own → event_missing
  DELETE FROM audit_event WHERE type IN ('legal_hold_placement', 'audit_hold_placed')
the places of a retirement widened → retirement_altered event_missing
  UPDATE audit_retired_range SET last_index = last_index + 1 WHERE retirement_id = ${ROWS}
the places of a retirement without their limits → retirement_altered event_missing
  ALTER TABLE audit_retired_range ALTER COLUMN last_index DROP NOT NULL;
  UPDATE audit_retired_range SET last_index = NULL WHERE retirement_id = ${ROWS}
the announcement of a retirement rewritten → retirement_forged event_missing
  UPDATE audit_retirement SET entry = convert_to(replace(convert_from(entry, 'UTF8'), 'retention', 'retentiom'), 'UTF8') WHERE kind = 'rows'
a retirement that another event is said to announce → retirement_forged event_missing
  UPDATE audit_retirement SET event_id = (SELECT event_id FROM audit_retirement WHERE kind = 'month') WHERE kind = 'rows'
a second retirement, of a copy of an announcement → retirement_altered
  ${second(`'id', gen_random_uuid()`)}
a second retirement, of an announcement that no leaf is of → retirement_forged
  ${second(`'id', gen_random_uuid(), 'event_id', gen_random_uuid()`)}
a retirement deleted → event_missing
  DELETE FROM audit_retired_range WHERE retirement_id = ${ROWS}; DELETE FROM audit_retirement WHERE kind = 'rows'
an event removed as a retirement does it → event_missing
  SET LOCAL audit.act = 'retire'; DELETE FROM audit_event WHERE id = <middle>
the list of erased events deleted → erasure_altered erasure_forged
  DELETE FROM audit_erased
another event listed as erased by an act → erasure_altered erasure_forged
  INSERT INTO audit_erased SELECT <middle>, act FROM audit_erased LIMIT 1
an event listed as erased by an act that erased nothing → erasure_forged
  INSERT INTO audit_erased VALUES (<middle>, 1)
an act deleted → act_missing hold_forged
  DELETE FROM audit_act WHERE number = 3
the number of an act changed → act_altered act_missing
  UPDATE audit_act SET number = 99 WHERE number = (SELECT max(number) FROM audit_act)
an act that stands twice → act_duplicated
  ALTER TABLE audit_act DROP CONSTRAINT audit_act_pkey, DROP CONSTRAINT audit_act_event_id_key;
  INSERT INTO audit_act SELECT * FROM audit_act WHERE number = 3
the note of an act changed → act_forged act_altered act_missing hold_forged
  UPDATE audit_act SET note = replace(note, 'hold', 'held') WHERE number = 3
an act of another event → act_forged hold_forged
  UPDATE audit_act SET event_id = gen_random_uuid() WHERE number = 3
an act called another one → act_forged hold_forged
  UPDATE audit_act SET type = 'audit_hold_placed' WHERE number = 3
`;

/** The forged act is that of an event of the log, whose row was changed for it. */
const signAct = (change: Partial<Act>) => async (attack: Attack) => {
  const { signer } = attack.scene;
  const notes = (await attack.sql('SELECT note FROM audit_act ORDER BY number')).map(({ note }) => String(note));
  const statement = {
    act: 'hold_placement' as const,
    holdId: attack.freeId,
    placedAt: '2026-11-20T08:00:00Z',
    hash: '',
  };
  const { head } = verifyAct(notes.at(-1) ?? '', signer.trust);
  const act = { head, number: notes.length + 1, previous: hashAct(notes.at(-1) ?? ''), statement, ...change };
  const note = await signer.signText(formatAct(ORIGIN, act));
  const carry = `UPDATE audit_event SET type = 'audit_hold_placed', details = jsonb_build_object('act', $2::text)::json WHERE id = $1`;
  const insert = `INSERT INTO audit_act (number, event_id, type, note) VALUES (${notes.length + 1}, $1, 'audit_hold_placed', $2)`;
  for (const sql of [carry, insert]) await attack.sql(sql, [attack.idAt('late'), note]);
};

/** Whoever has the key passes for the ledger, until somebody compares their acts with what others keep. */
const CANNOT_THIEF = '… retires events without an archive, releases holds, signs any other act';

async function retire(attack: Attack, actSigner?: StatementSigner): Promise<void> {
  await attack.ownFiles();
  const signer = await makeSigner(attack.file('key'));
  const { sequencer } = makeSequencer(attack.database.url, signer);
  const signText = async (text: string): Promise<string> => {
    const isAct = text.startsWith('nestjs-audit-ledger/act');
    return (isAct && actSigner ? actSigner : signer).signText(text);
  };
  const keys = [...signer.trust.keys, ...(actSigner?.trust.keys ?? [])]; // who forges an act passes every check of their own
  const { archives, folder } = await makeArchives({ trust: { ...signer.trust, keys }, signText });
  await retireWith(sequencer, { connectionUrl: attack.database.url, archives, policy: policyBy({ days: 1 }) });
  await sequencer.close();
  await rm(folder, { recursive: true });
}

const placeHold = (dated: () => number) => async (attack: Attack) => {
  const placedAt = new Date(dated()).toISOString();
  const hold = { id: attack.freeId, placedAt, placedBy: 'eve', reason: 'x', tenantId: 'acme' };
  const rows = async (text: string, values?: readonly unknown[]) => attack.sql(text, values);
  const { note } = await signNext({ rows }, { statement: buildPlacementStatement(hold), signer: attack.scene.signer });
  const sql = `INSERT INTO audit_legal_hold (id, placed_at, placed_by, reason, tenant_id, placed_act) VALUES ($1, $2, 'eve', 'x', 'acme', $3)`;
  await attack.sql(sql, [hold.id, placedAt, note]);
};

const stolen: readonly Tampering[] = [
  {
    name: 'a retirement signed with the stolen key, and its archive thrown away',
    as: 'stolen key',
    isCommitted: true,
    do: async (attack) => retire(attack),
    outcome: { cannot: CANNOT_THIEF },
  },
  {
    name: 'a retirement signed with the key of a stranger',
    as: 'superuser',
    isCommitted: true,
    do: async (attack) => retire(attack, await makeSigner()),
    outcome: kinds('retirement_forged', 'event_missing', 'act_forged'),
  },
  ...buildList('stolen key', [
    ['a hold placed with the stolen key, dated next year', placeHold(() => Date.now() + 31_536_000_000), FORGED],
    ['a hold placed with the stolen key, and no event of it', placeHold(() => Date.now()), FORGED],
    [
      'an act signed with another hash than that of the act before',
      signAct({ previous: Buffer.alloc(32, 1).toString('base64') }),
      kinds('act_altered', 'event_altered'),
    ],
    ['an act signed with another number', signAct({ number: 99 }), kinds('act_altered', 'event_altered')],
    [
      'an act signed that names a tree that the log never had',
      signAct({ head: { size: 300, rootHash: Buffer.alloc(32) } }),
      kinds('act_forged', 'event_altered'),
    ],
    [
      'an act signed that names a tree larger than the log',
      signAct({ head: { size: 9_999, rootHash: Buffer.alloc(32) } }),
      kinds('act_forged', 'event_altered'),
    ],
  ]),
];

const written = buildList('writer', [
  [
    'an event that says that a hold was released, without an act',
    async (attack) =>
      addEvent(attack, {
        type: HOLD_ACTIONS.released,
        action: HOLD_ACTIONS.released,
        details: { holdId: attack.scene.holds.active },
      }),
    { cannot: `who controls the application's process` },
  ],
  [
    'an event that says that others were retired, without an act',
    async (attack) => addEvent(attack, { type: 'audit_events_retired', action: 'audit_events_retirement' }),
    { cannot: `who controls the application's process` },
  ],
]);

export const ACTS: readonly Tampering[] = [...holds, ...retirements, ...tables, ...stolen, ...written];
