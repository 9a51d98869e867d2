import { storeEvents } from '../../support/stored-events.js';
import { forgeLeaf, forgeTiles } from '../../support/forge-log.js';
import { SAMPLE_RULES, sampleEvent } from '../../support/index.js';
import type { FindingKind } from '../../../src/monitoring/proof/verify/finding.js';
import type { Attack } from './attack.js';
import { by, kinds, buildList, getOutcome, type Attacker, type Tampering } from './tampering.js';

type Change = readonly [what: string, assignment: string, kind?: FindingKind];

/** Makes one of the changes in each event from the middle on, so that one verification must name all of them. */
const eachIn = (name: string, as: Attacker, changes: readonly Change[], usual: FindingKind): Tampering => ({
  name,
  as,
  do: async (attack) => {
    for (const [nth, [, assignment]] of changes.entries()) {
      await attack.sql(`UPDATE audit_event SET ${assignment} WHERE id = $1`, [
        attack.scene.ids[findIndex(attack, nth)],
      ]);
    }
  },
  outcome: (attack) => ({
    named: changes.map(([change, , kind = usual], nth) => {
      const index = findIndex(attack, nth);
      return { change, kind, table: 'audit_event', index, eventId: attack.scene.ids[index] ?? '' };
    }),
  }),
});

const findIndex = ({ scene }: Attack, nth: number): number => scene.at.middle + nth;

/** PostgreSQL's text of jsonb has blanks that the ledger's JSON writer omits. */
const written = (jsonb: string): string => `replace(replace((${jsonb})::text, '": ', '":'), ', ', ',')::json`;

/** Adds a copy of the middle event. `columns` changes some columns; ids are written as in {@link by}. */
export const copyAs = (id: string, columns = ''): string =>
  `INSERT INTO audit_event (<columns>) SELECT <columns> FROM
     (SELECT (jsonb_populate_record(event, jsonb_build_object('id', ${id}::uuid${columns}))).*
        FROM audit_event event WHERE id = <middle>) AS copy;`;

export async function addEvent({ client }: Attack, fields: Parameters<typeof sampleEvent>[0] = {}): Promise<string> {
  const event = sampleEvent(fields);
  await storeEvents(client, [event], () => SAMPLE_RULES);
  return event.id;
}

const FACTS: readonly Change[] = [
  ['a text of an event changed', `reason = 'becausf'`],
  ['a text that is filtered by changed', `tenant_id = 'acmf'`],
  ['a text of an event taken away', 'tenant_id = NULL'],
  ['an event’s type changed', `type = 'order_deleted'`],
  ['an event’s category changed, so that it is kept for less time', `category = 'system'`],
  ['an event’s severity lowered', `severity = 'warning'`],
  ['an outcome changed', `outcome = 'denied'`],
  ['an actor changed', `actor_id = 'u-9'`],
  ['the person behind an actor taken away', 'on_behalf_of = NULL'],
  ['a resource changed', `resource_id = 'o-2'`],
  ['a route changed', `route = '/orders/:id'`],
  ['a session changed', `session_id = 's-2'`],
  ['a value deep in the details changed', `details = ${written(`jsonb_set(details::jsonb, '{nested,list,0}', '2')`)}`],
  ['a key of the metadata changed', `metadata = '{"kez":"value"}'`],
  ['a days-to-keep put among the metadata', `metadata = ${written(`metadata::jsonb || '{"retentionDays":1}'`)}`],
  ['a number put that JSON has no form for', `details = '{"a":1e999}'`],
  ['a difference of values changed', `changes = ${written(`jsonb_set(changes::jsonb, '{diff,0,to}', '3')`)}`],
  ['a space put into the details', `details = replace(details::text, ':', ': ')::json`],
  [
    'a name put into the details a second time, which other readers may take',
    `details = regexp_replace(details::text, '^\\{"([^"]+)":', '{"\\1":7,"\\1":')::json`,
  ],
  ['the issues of details taken away', 'details_issues = NULL'],
  ['a time moved by a millisecond', `occurred_at = occurred_at + interval '1 millisecond'`],
  ['a time moved to the same day before Christ', `occurred_at = (occurred_at::text || ' BC')::timestamptz`],
  ['a status changed', 'status_code = 200'],
  ['a duration changed by its last bit', 'duration_ms = 12.345000000000002'],
  ['an event said to have been cut', 'truncated = true'],
  ['another version of the form claimed', 'schema_version = 1'],
  [
    'a personal value moved out of its own column',
    `personal = ${written(`coalesce(personal::jsonb, '{}') || jsonb_build_object('/actor/name', actor_name)`)}, actor_name = NULL,
       personal_columns = personal_columns & ~1`,
    'personal_altered',
  ],
  ['the hash of an event’s own leaf changed', `leaf_hash = sha256('x')`],
  ['an event changed with the hash of its leaf', `reason = 'x', leaf_hash = sha256('x')`],
];

const rows = by('superuser')`
two events swapped → event_altered@middle
  UPDATE audit_event SET id = <free> WHERE id = <middle>;
  UPDATE audit_event SET id = <middle> WHERE id = <middle+7>;
  UPDATE audit_event SET id = <middle+7> WHERE id = <free>
an event deleted in the middle → event_missing@middle
  DELETE FROM audit_event WHERE id = <middle>
an event, a leaf and a tile changed between the same checkpoints, and an event deleted elsewhere → event_altered@middle leaf_altered@middle+3 tile_altered@#768 event_missing@late
  UPDATE audit_event SET reason = 'forged' WHERE id = <middle>; UPDATE audit_leaf SET leaf_hash = sha256('x') WHERE index = <#middle+3>;
  UPDATE audit_tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0)) WHERE level = 0 AND index = 3; DELETE FROM audit_event WHERE id = <late>
an event deleted with its leaf → leaf_missing@middle
  DELETE FROM audit_event WHERE id = <middle>; DELETE FROM audit_leaf WHERE index = <#middle>
the last events deleted with their leaves → leaf_missing
  DELETE FROM audit_event WHERE id IN (<size-2>, <size-1>); DELETE FROM audit_leaf WHERE index >= <#size-2>
an event that stands twice → event_duplicated@middle
  ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey; ${copyAs('<middle>')}
a copy of an event under another id → event_inserted@free
  ${copyAs('<free>')}
an event taken away and put back under another id → event_missing@middle event_inserted@free
  UPDATE audit_event SET id = <free> WHERE id = <middle>
a retired event put back → event_unretired@retired event_altered@retired
  ${copyAs('<retired>')}
a fact said to be personal → event_altered personal_altered
  UPDATE audit_event SET personal_columns = coalesce(personal_columns, 0) | 64 WHERE id = <middle>
a person put into an event that says nothing of any → personal_altered@impersonal
  UPDATE audit_event SET actor_name = 'Eve' WHERE id = <impersonal>
another person put into an event that was erased → personal_altered@erased erasure_undone@erased
  UPDATE audit_event SET actor_name = 'Eve' WHERE id = <erased>
`;

const forge = async (attack: Attack): Promise<unknown> => forgeLeaf(attack.client, attack.idAt('middle'));

const forged = buildList('superuser', [
  [
    'an event put into the ledger past its triggers',
    async (attack) => attack.run(copyAs('<free>')),
    kinds('event_inserted'),
  ],
  [
    'an event changed with its leaf hash and its leaf',
    async (attack) => {
      await attack.run(`UPDATE audit_event SET reason = 'forged' WHERE id = <middle>`);
      await forge(attack);
    },
    getOutcome('event_altered@middle leaf_altered@middle'),
  ],
  [
    'an event changed with its leaf and all tiles',
    async (attack) => {
      await attack.run(`UPDATE audit_event SET reason = 'forged' WHERE id = <middle>`);
      await forge(attack);
      await forgeTiles(attack.client);
    },
    kinds('checkpoint_contradicted', 'history_rewritten'),
  ],
]);

const ERASED_BY_ROW = 'personal = NULL, personal_salt = NULL, actor_name = NULL, ip = NULL, user_agent = NULL';
const moved = (pointer: string, value: string): string =>
  `personal = ${written(`personal::jsonb || jsonb_build_object('${pointer}', ${value})`)}`;

const PERSONAL: readonly Change[] = [
  ['an address changed', `ip = '203.0.113.8'`],
  ['the mask of an address changed', 'ip = set_masklen(ip, 8)'],
  ['a name changed', `actor_name = 'Bob'`],
  ['a name changed, the true one put aside', `${moved('/actor/name', 'actor_name')}, actor_name = 'Bob'`],
  ['a name moved', `${moved('/actor/name', 'actor_name')}, actor_name = NULL`],
  ['a user agent changed', `user_agent = 'jesu'`],
  [
    'a message of an error changed',
    `personal = ${written(`jsonb_set(personal::jsonb, '{/error/message}', '"it bent"')`)}`,
  ],
  ['a space put into the personal part', `personal = replace(personal::text, ':', ': ')::json`],
  ['a personal value added', moved('/details/note', `'x'`)],
  ['a salt changed', 'personal_salt = set_byte(personal_salt, 3, 255 - get_byte(personal_salt, 3))'],
  ['a part of the personal part erased', 'actor_name = NULL'],
  ['the salt alone erased', 'personal_salt = NULL'],
  ['all but the salt erased', ERASED_BY_ROW.replace(' personal_salt = NULL,', '')],
  ['the commitment to a personal part changed', `personal_commitment = sha256('x')`, 'event_altered'],
  ['the commitment taken away with the personal part', `${ERASED_BY_ROW}, personal_commitment = NULL`, 'event_altered'],
];

const events = [
  eachIn('each fact of an event changed', 'owner', FACTS, 'event_altered'),
  eachIn('each personal value of an event changed', 'superuser', PERSONAL, 'personal_altered'),
  ...buildList('superuser', [
    [
      'a personal part erased past the function of erasure',
      async (attack) => attack.run(`UPDATE audit_event SET ${ERASED_BY_ROW} WHERE id = <middle>`),
      getOutcome('erasure_forged@middle'),
    ],
  ]),
];

export const EVENTS: readonly Tampering[] = [...events, ...rows, ...forged];
