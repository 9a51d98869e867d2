import { rm } from 'node:fs/promises';
import type { StatementSigner } from '../../../src/modules/monitoring/log/notes/statement.js';
import { runRetention } from '../../../src/modules/monitoring/lifecycle/retention/retention-run.js';
import { HOLD_ACTIONS, placementOf } from '../../../src/modules/monitoring/acts/hold-acts.js';
import { signNext } from '../../../src/modules/monitoring/acts/store-act.js';
import { makeSequencer, makeSigner } from '../../support/log-scene.js';
import { makeArchives, policyBy } from '../../support/retention-scene.js';
import type { Attack } from './attack.js';
import { addEvent } from './events.js';
import { kinds, listOf, type Tampering } from './tampering.js';

const onHold =
  (assignment: string, which: 'active' | 'released' = 'active') =>
  async (attack: Attack) =>
    attack.sql(`UPDATE audit_legal_hold SET ${assignment} WHERE id = $1`, [attack.scene.holds[which]]);

const ALTERED = kinds('hold_altered');
const FORGED = kinds('hold_forged');
const PLACED = `INSERT INTO audit_legal_hold (id, placed_by, reason, tenant_id, placed_act) VALUES (gen_random_uuid(), 'eve', 'x', 'acme', $1)`;

const holds = listOf('owner', [
  [
    'a hold deleted',
    async (attack) => attack.sql('DELETE FROM audit_legal_hold WHERE id = $1', [attack.scene.holds.active]),
    kinds('hold_missing'),
  ],
  ['a hold released by SQL', onHold('released_at = now()'), FORGED],
  ['a hold ended early', onHold('until = now()'), ALTERED],
  ['a hold moved to another person', onHold(`actor_id = 'u-2'`), ALTERED],
  ['a hold made narrower', onHold(`tenant_id = 'nobody'`), ALTERED],
  ['a hold limited to a time', onHold(`occurred_to = '2020-01-01'`), ALTERED],
  ['a hold limited to no time at all', onHold(`occurred_to = '-infinity'`), ALTERED],
  ['a hold that ended before Christ', onHold(`until = '2099-01-01 00:00:00+00 BC'`), ALTERED],
  ['a hold placed at no time', onHold(`placed_at = 'infinity'`), ALTERED],
  [
    'a hold without the time at which it was placed',
    async (attack) => {
      await attack.sql('ALTER TABLE audit_legal_hold ALTER placed_at DROP NOT NULL');
      await onHold('placed_at = NULL')(attack);
    },
    ALTERED,
  ],
  ['a hold given another reason', onHold(`reason = 'none'`), ALTERED],
  ['a hold said to be of another', onHold(`placed_by = 'mallory'`), ALTERED],
  ['a hold without its act', onHold('placed_act = NULL'), FORGED],
  ['a hold with an act that was changed', onHold(`placed_act = replace(placed_act, '"hash":"', '"hash":"x')`), FORGED],
  [
    'a hold with the act of another',
    async ({ client, scene: { holds: own } }) =>
      client.query(
        'UPDATE audit_legal_hold SET placed_act = (SELECT placed_act FROM audit_legal_hold WHERE id = $2) WHERE id = $1',
        [own.active, own.released],
      ),
    ALTERED,
  ],
  [
    'a hold with the release of another',
    async ({ client, scene: { holds: own } }) =>
      client.query(
        `UPDATE audit_legal_hold h SET released_at = o.released_at, released_by = o.released_by, release_reason = o.release_reason,
           released_act = o.released_act FROM audit_legal_hold o WHERE h.id = $1 AND o.id = $2`,
        [own.active, own.released],
      ),
    ALTERED,
  ],
  [
    'a released hold put back in force',
    onHold('released_at = NULL, released_by = NULL, release_reason = NULL, released_act = NULL', 'released'),
    ALTERED,
  ],
  ['a hold released at another time', onHold('released_at = now()', 'released'), ALTERED],
  ['a hold placed by SQL', async (attack) => attack.sql(PLACED, [null]), FORGED],
]);

const ROWS = `(SELECT id FROM audit_retirement WHERE kind = 'rows')`;
const onRetirement = (assignment: string): string => `UPDATE audit_retirement SET ${assignment} WHERE kind = 'rows'`;
const RETIREMENT_ALTERED = kinds('retirement_altered', 'event_missing');

const retirements = listOf('owner', [
  ['a retirement said to be of more events', onRetirement('events = events + 1'), RETIREMENT_ALTERED],
  ['the policy of a retirement changed', onRetirement(`policy = '{"days":1}'`), RETIREMENT_ALTERED],
  ['the cutoff of a retirement changed', onRetirement('cutoff = now()'), RETIREMENT_ALTERED],
  ['the archive of a retirement renamed', onRetirement(`archive = 'elsewhere'`), RETIREMENT_ALTERED],
  ['the month of a retirement changed', onRetirement(`partition = 'audit_event_2026_03'`), RETIREMENT_ALTERED],
  ['a retirement taken back to where it was planned', onRetirement(`state = 'planned'`), kinds('event_missing')],
  [
    'the places of a retirement widened',
    `UPDATE audit_retired_range SET last_index = last_index + 1 WHERE retirement_id = ${ROWS}`,
    RETIREMENT_ALTERED,
  ],
  [
    'the places of a retirement without their limits',
    `ALTER TABLE audit_retired_range ALTER COLUMN last_index DROP NOT NULL;
     UPDATE audit_retired_range SET last_index = NULL WHERE retirement_id = ${ROWS}`,
    RETIREMENT_ALTERED,
  ],
  [
    'the announcement of a retirement rewritten',
    onRetirement(`entry = convert_to(replace(convert_from(entry, 'UTF8'), 'retention', 'retentiom'), 'UTF8')`),
    kinds('retirement_forged', 'event_missing'),
  ],
  [
    'a retirement that another event is said to announce',
    onRetirement(`event_id = (SELECT event_id FROM audit_retirement WHERE kind = 'month')`),
    kinds('retirement_forged', 'event_missing'),
  ],
  [
    'a second retirement, of a copy of an announcement',
    `INSERT INTO audit_retirement SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid()))).* FROM audit_retirement r WHERE kind = 'rows'`,
    kinds('retirement_altered'),
  ],
  [
    'a second retirement, of an announcement that no leaf is of',
    `INSERT INTO audit_retirement SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(), 'event_id', gen_random_uuid()))).* FROM audit_retirement r WHERE kind = 'rows'`,
    kinds('retirement_forged'),
  ],
  [
    'a retirement deleted',
    `DELETE FROM audit_retired_range WHERE retirement_id = ${ROWS}; DELETE FROM audit_retirement WHERE kind = 'rows'`,
    kinds('event_missing'),
  ],
  [
    'an event removed as a retirement does it',
    async (attack) => {
      await attack.sql(`SET LOCAL audit.act = 'retire'`);
      await attack.sql('DELETE FROM audit_event WHERE id = $1', [attack.idAt('middle')]);
    },
    kinds('event_missing'),
  ],
]);

const erasures = listOf('owner', [
  ['the list of erased events deleted', 'DELETE FROM audit_erased', kinds('erasure_altered', 'erasure_forged')],
  [
    'another event listed as erased by an act',
    async (attack) =>
      attack.sql('INSERT INTO audit_erased SELECT $1, act FROM audit_erased LIMIT 1', [attack.idAt('middle')]),
    kinds('erasure_altered', 'erasure_forged'),
  ],
  [
    'an event listed as erased by an act that erased nothing',
    async (attack) => attack.sql('INSERT INTO audit_erased VALUES ($1, 1)', [attack.idAt('middle')]),
    kinds('erasure_forged'),
  ],
]);

/** Who has the key is the ledger, as far as anybody can tell, until what they did is held against what others keep. */
const CANNOT_THIEF = '… retires events without an archive, releases holds, signs any other act';

/** Retires every event that a policy of one day lets go, and throws the archives away. */
async function retire(attack: Attack, actSigner?: StatementSigner): Promise<void> {
  await attack.ownFiles();
  const signer = await makeSigner(attack.file('key'));
  const { sequencer } = makeSequencer(attack.database.url, signer);
  const signText = (text: string): string => {
    const isAct = text.startsWith('nestjs-audit-ledger/act');
    return (isAct && actSigner ? actSigner : signer).signText(text);
  };
  const keys = [...signer.trust.keys, ...(actSigner?.trust.keys ?? [])]; // who forges an act passes every check of their own
  const { archives, folder } = await makeArchives({ trust: { ...signer.trust, keys }, signText });
  await runRetention({
    connectionUrl: attack.database.url,
    archives,
    policy: policyBy({ days: 1 }),
    onStep: async (step) => {
      if (step === 'archived') await sequencer.step();
    },
  });
  await sequencer.close();
  await rm(folder, { recursive: true });
}

/** Signs the placement of a hold, and stores it in its row alone. */
const placeHold = (dated: () => number) => async (attack: Attack) => {
  const placedAt = new Date(dated()).toISOString();
  const hold = { id: attack.freeId, placedAt, placedBy: 'eve', reason: 'x', tenantId: 'acme' };
  const rows = async (text: string, values?: readonly unknown[]) => attack.sql(text, values);
  const { note } = await signNext({ rows }, { statement: placementOf(hold), signer: attack.scene.signer });
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
  ...listOf('stolen key', [
    ['a hold placed with the stolen key, dated next year', placeHold(() => Date.now() + 31_536_000_000), FORGED],
    ['a hold placed with the stolen key, and no event of it', placeHold(() => Date.now()), FORGED],
  ]),
];

const written = listOf('writer', [
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

export const ACTS: readonly Tampering[] = [...holds, ...retirements, ...erasures, ...stolen, ...written];
