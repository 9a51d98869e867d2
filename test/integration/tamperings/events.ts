import { insertEvents } from '../../../src/modules/monitoring/store/insert-events.js';
import { sealEvents } from '../../../src/modules/monitoring/store/seal-row.js';
import { forgeLeaf, forgeTiles } from '../../support/forge-log.js';
import { SAMPLE_RULES } from '../../support/log-scene.js';
import { sampleEvent } from '../../support/sample-event.js';
import type { Attack } from './attack.js';
import { at, kinds, listOf, type Tampering } from './tampering.js';

/** Changes columns of the event in the middle. */
const set = (assignment: string) => async (attack: Attack) =>
  attack.sql(`UPDATE audit_event SET ${assignment} WHERE id = $1`, [attack.idAt('middle')]);

const ALTERED = at('event_altered', 'middle', 'audit_event');

/** What an expression of jsonb says, as the ledger's writer writes JSON. */
const written = (jsonb: string): string => `replace(replace((${jsonb})::text, '": ', '":'), ', ', ',')::json`;

/** A copy of an event under another id. */
export const COPY = `INSERT INTO audit_event SELECT (jsonb_populate_record(event, jsonb_build_object('id', $2::uuid))).*
                FROM audit_event event WHERE id = $1`;

/** Adds an event with its columns; of a writer, all that is needed to add one. */
export async function addEvent({ client }: Attack, fields: Parameters<typeof sampleEvent>[0] = {}): Promise<string> {
  const event = sampleEvent(fields);
  await client.query(insertEvents(sealEvents([event], () => SAMPLE_RULES)));
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
    'a fact said to be personal',
    set('personal_columns = coalesce(personal_columns, 0) | 64'),
    kinds('event_altered', 'personal_altered'),
  ],
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

const rows = listOf('superuser', [
  [
    'two events swapped',
    async (attack) => {
      const [one, other] = [attack.idAt('middle'), attack.scene.ids[attack.scene.at.middle + 7] ?? ''];
      for (const [from, to] of [
        [one, attack.freeId],
        [other, one],
        [attack.freeId, other],
      ]) {
        await attack.sql('UPDATE audit_event SET id = $2 WHERE id = $1', [from, to]);
      }
    },
    at('event_altered', 'middle'),
  ],
  [
    'an event deleted in the middle',
    async (attack) => attack.sql('DELETE FROM audit_event WHERE id = $1', [attack.idAt('middle')]),
    at('event_missing', 'middle'),
  ],
  [
    'an event deleted with its leaf',
    async (attack) => {
      await attack.sql('DELETE FROM audit_event WHERE id = $1', [attack.idAt('middle')]);
      await attack.sql('DELETE FROM audit_leaf WHERE index = $1', [attack.scene.at.middle]);
    },
    at('leaf_missing', 'middle', 'audit_leaf'),
  ],
  [
    'the last events deleted with their leaves',
    async ({ scene, client }) => {
      await client.query('DELETE FROM audit_event WHERE id = ANY ($1)', [scene.ids.slice(-2)]);
      await client.query('DELETE FROM audit_leaf WHERE index >= $1', [scene.size - 2]);
    },
    kinds('leaf_missing'),
  ],
  [
    'an event that stands twice',
    async (attack) => {
      await attack.sql('ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey');
      await attack.sql(COPY, [attack.idAt('middle'), attack.idAt('middle')]);
    },
    at('event_duplicated', 'middle'),
  ],
  [
    'a copy of an event under another id',
    async (attack) => attack.sql(COPY, [attack.idAt('middle'), attack.freeId]),
    ({ freeId }) => ({ named: [{ kind: 'event_inserted', table: 'audit_event', eventId: freeId }] }),
  ],
  [
    'an event taken away and put back under another id',
    async (attack) =>
      attack.sql('UPDATE audit_event SET id = $2 WHERE id = $1', [attack.idAt('middle'), attack.freeId]),
    (attack) => ({
      named: [
        { kind: 'event_missing', index: attack.scene.at.middle, eventId: attack.idAt('middle') },
        { kind: 'event_inserted', eventId: attack.freeId },
      ],
    }),
  ],
  ['an event put into the ledger past its triggers', async (attack) => addEvent(attack), kinds('event_inserted')],
  [
    'an event changed with its leaf hash and its leaf',
    async (attack) => {
      await set(`reason = 'forged'`)(attack);
      await forgeLeaf(attack.client, attack.idAt('middle'));
    },
    ({ scene: { at: places } }) => ({
      named: [
        { kind: 'event_altered', index: places.middle },
        { kind: 'leaf_altered', index: places.middle, table: 'audit_leaf' },
      ],
    }),
  ],
  [
    'an event changed with its leaf and all tiles',
    async (attack) => {
      await set(`reason = 'forged'`)(attack);
      await forgeLeaf(attack.client, attack.idAt('middle'));
      await forgeTiles(attack.client);
    },
    kinds('checkpoint_contradicted', 'history_rewritten'),
  ],
  [
    'a retired event put back',
    async (attack) => attack.sql(COPY, [attack.idAt('middle'), attack.idAt('retired')]),
    ({ scene }) => ({
      named: [
        { kind: 'event_unretired', index: scene.at.retired },
        { kind: 'event_altered', index: scene.at.retired },
      ],
    }),
  ],
]);

const ERASED_BY_ROW = 'personal = NULL, personal_salt = NULL, actor_name = NULL, ip = NULL, user_agent = NULL';
const PERSONAL = at('personal_altered', 'middle', 'audit_event');
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
  [
    'a person put into an event that says nothing of any',
    async (attack) =>
      attack.sql(`UPDATE audit_event SET actor_name = 'Eve' WHERE id = $1`, [attack.idAt('impersonal')]),
    at('personal_altered', 'impersonal'),
  ],
  [
    'another person put into an event that was erased',
    async (attack) => attack.sql(`UPDATE audit_event SET actor_name = 'Eve' WHERE id = $1`, [attack.idAt('erased')]),
    ({ scene: { ids, at } }) => ({
      named: (['personal_altered', 'erasure_undone'] as const).map((kind) => {
        return { kind, index: at.erased, eventId: ids[at.erased] ?? '' };
      }),
    }),
  ],
  [
    'a personal part erased past the function of erasure',
    set(ERASED_BY_ROW),
    at('erasure_forged', 'middle', 'audit_event'),
  ],
]);

export const EVENTS: readonly Tampering[] = [...facts, ...rows, ...personalParts];
