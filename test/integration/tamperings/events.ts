import { storeEvents } from '../../support/stored-events.js';
import { forgeLeaf, forgeTiles } from '../../support/forge-log.js';
import { SAMPLE_RULES, sampleEvent } from '../../support/index.js';
import type { Attack } from './attack.js';
import { by, kinds, listOf, outcomeOf, type Tampering } from './tampering.js';

const set = (assignment: string) => async (attack: Attack) =>
  attack.sql(`UPDATE audit_event SET ${assignment} WHERE id = $1`, [attack.idAt('middle')]);

const ALTERED = outcomeOf('event_altered@middle');

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

const facts = listOf('owner', [
  ['a text of an event changed', set(`reason = 'becausf'`), ALTERED],
  ['a text that is filtered by changed', set(`tenant_id = 'acmf'`), ALTERED],
  ['a text of an event taken away', set('tenant_id = NULL'), ALTERED],
  ['an event’s type changed', set(`type = 'order_deleted'`), ALTERED],
  ['an event’s category changed, so that it is kept for less time', set(`category = 'system'`), ALTERED],
  ['an event’s severity lowered', set(`severity = 'warning'`), ALTERED],
  ['an outcome changed', set(`outcome = 'denied'`), ALTERED],
  ['an actor changed', set(`actor_id = 'u-9'`), ALTERED],
  ['the person behind an actor taken away', set('on_behalf_of = NULL'), ALTERED],
  ['a resource changed', set(`resource_id = 'o-2'`), ALTERED],
  ['a route changed', set(`route = '/orders/:id'`), ALTERED],
  ['a session changed', set(`session_id = 's-2'`), ALTERED],
  [
    'a value deep in the details changed',
    set(`details = ${written(`jsonb_set(details::jsonb, '{nested,list,0}', '2')`)}`),
    ALTERED,
  ],
  ['a key of the metadata changed', set(`metadata = '{"kez":"value"}'`), ALTERED],
  [
    'a days-to-keep put among the metadata',
    set(`metadata = ${written(`metadata::jsonb || '{"retentionDays":1}'`)}`),
    ALTERED,
  ],
  ['a number put that JSON has no form for', set(`details = '{"a":1e999}'`), ALTERED],
  [
    'a difference of values changed',
    set(`changes = ${written(`jsonb_set(changes::jsonb, '{diff,0,to}', '3')`)}`),
    ALTERED,
  ],
  ['a space put into the details', set(`details = replace(details::text, ':', ': ')::json`), ALTERED],
  [
    'a name put into the details a second time, which other readers may take',
    set(`details = regexp_replace(details::text, '^\\{"([^"]+)":', '{"\\1":7,"\\1":')::json`),
    ALTERED,
  ],
  ['the issues of details taken away', set('details_issues = NULL'), ALTERED],
  ['a time moved by a millisecond', set(`occurred_at = occurred_at + interval '1 millisecond'`), ALTERED],
  [
    'a time moved to the same day before Christ',
    set(`occurred_at = (occurred_at::text || ' BC')::timestamptz`),
    ALTERED,
  ],
  ['a status changed', set('status_code = 200'), ALTERED],
  ['a duration changed by its last bit', set('duration_ms = 12.345000000000002'), ALTERED],
  ['an event said to have been cut', set('truncated = true'), ALTERED],
  ['another version of the form claimed', set('schema_version = 1'), ALTERED],
  [
    'a personal value moved out of its own column',
    set(
      `personal = ${written(`coalesce(personal::jsonb, '{}') || jsonb_build_object('/actor/name', actor_name)`)}, actor_name = NULL,
       personal_columns = personal_columns & ~1`,
    ),
    kinds('personal_altered'),
  ],
  ['the hash of an event’s own leaf changed', set(`leaf_hash = sha256('x')`), ALTERED],
  ['an event changed with the hash of its leaf', set(`reason = 'x', leaf_hash = sha256('x')`), ALTERED],
]);

const rows = by('superuser')`
two events swapped → event_altered@middle
  UPDATE audit_event SET id = <free> WHERE id = <middle>;
  UPDATE audit_event SET id = <middle> WHERE id = <middle+7>;
  UPDATE audit_event SET id = <middle+7> WHERE id = <free>
an event deleted in the middle → event_missing@middle
  DELETE FROM audit_event WHERE id = <middle>
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

const forged = listOf('superuser', [
  [
    'an event put into the ledger past its triggers',
    async (attack) => attack.run(copyAs('<free>')),
    kinds('event_inserted'),
  ],
  [
    'an event changed with its leaf hash and its leaf',
    async (attack) => {
      await set(`reason = 'forged'`)(attack);
      await forge(attack);
    },
    outcomeOf('event_altered@middle leaf_altered@middle'),
  ],
  [
    'an event changed with its leaf and all tiles',
    async (attack) => {
      await set(`reason = 'forged'`)(attack);
      await forge(attack);
      await forgeTiles(attack.client);
    },
    kinds('checkpoint_contradicted', 'history_rewritten'),
  ],
]);

const ERASED_BY_ROW = 'personal = NULL, personal_salt = NULL, actor_name = NULL, ip = NULL, user_agent = NULL';
const PERSONAL = outcomeOf('personal_altered@middle');
const moved = (pointer: string, value: string): string =>
  `personal = ${written(`personal::jsonb || jsonb_build_object('${pointer}', ${value})`)}`;

const personalParts = listOf('superuser', [
  ['an address changed', set(`ip = '203.0.113.8'`), PERSONAL],
  ['the mask of an address changed', set('ip = set_masklen(ip, 8)'), PERSONAL],
  ['a name changed', set(`actor_name = 'Bob'`), PERSONAL],
  [
    'a name changed, the true one put aside',
    set(`${moved('/actor/name', 'actor_name')}, actor_name = 'Bob'`),
    PERSONAL,
  ],
  ['a name moved', set(`${moved('/actor/name', 'actor_name')}, actor_name = NULL`), PERSONAL],
  ['a user agent changed', set(`user_agent = 'jesu'`), PERSONAL],
  [
    'a message of an error changed',
    set(`personal = ${written(`jsonb_set(personal::jsonb, '{/error/message}', '"it bent"')`)}`),
    PERSONAL,
  ],
  ['a space put into the personal part', set(`personal = replace(personal::text, ':', ': ')::json`), PERSONAL],
  ['a personal value added', set(moved('/details/note', `'x'`)), PERSONAL],
  ['a salt changed', set('personal_salt = set_byte(personal_salt, 3, 255 - get_byte(personal_salt, 3))'), PERSONAL],
  ['a part of the personal part erased', set('actor_name = NULL'), PERSONAL],
  ['the salt alone erased', set('personal_salt = NULL'), PERSONAL],
  ['all but the salt erased', set(ERASED_BY_ROW.replace(' personal_salt = NULL,', '')), PERSONAL],
  ['the commitment to a personal part changed', set(`personal_commitment = sha256('x')`), ALTERED],
  ['the commitment taken away with the personal part', set(`${ERASED_BY_ROW}, personal_commitment = NULL`), ALTERED],
  ['a personal part erased past the function of erasure', set(ERASED_BY_ROW), outcomeOf('erasure_forged@middle')],
]);

export const EVENTS: readonly Tampering[] = [...facts, ...rows, ...forged, ...personalParts];
