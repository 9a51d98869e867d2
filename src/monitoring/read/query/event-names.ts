import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS_CATEGORY } from '../access/own-events.js';
import type { LedgerReader } from '../../store/ledger-reader.service.js';
import { INDEX_ORDER_SETTINGS, selectEvents } from './access-source.js';
import { getComplianceTags, addTags } from './ledger-event.js';
import type { EventQuery } from './event-query.dto.js';
import { shownColumn } from './filter-sql.js';
import { getFieldFilter } from './field-filters.js';
import type { EventNames, LedgerEvent } from './ledger-event.dto.js';
import type { FilterMeaning } from './predicates.js';
import { OperationChanges } from './records/operation-changes.js';
import { SqlValues } from './sql-values.js';
import { shownPath } from './stats-query.dto.js';

/** For these resource types, the events by a person contain the name, as the name of the actor. */
const PEOPLE: ReadonlySet<string> = new Set(['user', 'users', 'account']);
const NAME_FIELDS = ['name', 'title', 'displayName', 'display_name', 'number', 'email'];
/** The oldest events are searched because the event of an insert contains all fields. */
const [NEWEST, OLDEST] = [10, 3];

export interface NameKey {
  readonly type: string;
  readonly id: string;
}

/** Returns the last known name of a resource or of a person; `undefined` if no event has a name. */
export type NameLookup = (named: NameKey) => string | undefined;

/** Adds compliance tags, captured changes and, if `names` is true, the last known names to events. */
export async function completeEvents(
  reader: LedgerReader,
  catalogue: FilterMeaning,
  access: LedgerAccess,
  events: readonly LedgerEvent[],
  { names, rows }: Pick<EventQuery, 'names' | 'rows'>,
): Promise<readonly LedgerEvent[]> {
  const tags = getComplianceTags(catalogue);
  const tagged = events.map((event) => addTags(event, tags));
  const filled = await new OperationChanges(reader, access).fill(tagged, rows === false);
  return names === true ? addNames(reader, access, filled) : filled;
}

/** The names of erased people are unknown. */
async function addNames(
  reader: LedgerReader,
  access: LedgerAccess,
  events: readonly LedgerEvent[],
): Promise<readonly LedgerEvent[]> {
  const names = await findLastNames(
    reader,
    access,
    events.flatMap((event) => Object.values(listUnnamed(event))),
  );
  return events.map((event) => {
    const found = Object.entries(listUnnamed(event)).flatMap(([part, one]) => {
      const name = names(one);
      return name === undefined ? [] : [[part, name] as const];
    });
    return found.length === 0 ? event : { ...event, names: Object.fromEntries(found) };
  });
}

/** Reads the last known names of resources and people. A name that equals the id does not count. */
export async function findLastNames(
  reader: LedgerReader,
  access: LedgerAccess,
  requested: readonly NameKey[],
): Promise<NameLookup> {
  const each = new Map(requested.map((one) => [toNameKey(one), one]));
  if (each.size === 0) return () => undefined;
  const values = new SqlValues();
  const text = selectNames(access, [...each.values()], values);
  const rows = await reader.eventRows(access, text, values.list, INDEX_ORDER_SETTINGS);
  const names = new Map(
    rows.map(({ type, id, name }) => [toNameKey({ type: String(type), id: String(id) }), String(name)]),
  );
  return (one) => {
    const name = names.get(toNameKey(one));
    return name === one.id ? undefined : name;
  };
}

function listUnnamed({ actor, resource, category, details }: LedgerEvent): Partial<Record<keyof EventNames, NameKey>> {
  const principal = actor.onBehalfOf?.id;
  return {
    ...(actor.name === undefined && actor.id !== undefined && { actor: { type: 'user', id: actor.id } }),
    ...(principal !== undefined && { onBehalfOf: { type: 'user', id: principal } }),
    ...(resource?.id !== undefined &&
      resource.name === undefined && { resource: { type: resource.type, id: resource.id } }),
    ...(category === LEDGER_READS_CATEGORY && recordRead(details)),
  };
}

/** The record that a read of the ledger was about. */
function recordRead({ filters }: LedgerEvent['details']): { readonly about: NameKey } | undefined {
  const { about } = (filters ?? {}) as { readonly about?: unknown }; // details may contain any value
  const [type = '', id = ''] = typeof about === 'string' ? about.split(/\/(.*)/s) : [];
  return id === '' ? undefined : { about: { type, id } };
}

function toNameKey({ type, id }: NameKey): string {
  return `${PEOPLE.has(type) ? 'user' : type}/${id}`;
}

function selectNames(access: LedgerAccess, requested: readonly NameKey[], values: SqlValues): string {
  const part = (name: string, conditions: readonly string[], order: string, limit: number): string =>
    `(${selectEvents({ access, columns: `id, left(${name}, 120) AS name`, conditions, tail: `ORDER BY id ${order} LIMIT ${limit}` }, values)})`;
  const actorName = shownColumn(getFieldFilter('actorName'), access, values);
  const paths = NAME_FIELDS.flatMap((name) => [`changes.after.${name}`, `details.${name}`]);
  const resourceName = shownColumn(getFieldFilter('resourceName'), access, values);
  const ownName = `coalesce(${[resourceName, ...paths.map((path) => shownPath(path, access, values))].join(', ')})`;
  const ofResource = ['resource_type = wanted.type', 'resource_id = wanted.id'];
  // An empty text and a masked secret are not names.
  const first = (parts: readonly string[]): string =>
    `(SELECT name FROM (${parts.join(' UNION ALL ')}) AS said WHERE name ~ '^[^[*]' ORDER BY id DESC LIMIT 1)`;
  const ofPerson = first([part(actorName, ['actor_id = wanted.id'], 'DESC', NEWEST)]);
  const ofRecord = first([part(ownName, ofResource, 'DESC', NEWEST), part(ownName, ofResource, 'ASC', OLDEST)]);
  const [types, ids] = [requested.map(({ type }) => type), requested.map(({ id }) => id)].map((list) =>
    values.bind(list),
  );
  return `
    SELECT type, id, name FROM (
      SELECT type, id, coalesce(CASE WHEN type = ANY (${values.bind([...PEOPLE])}::text[]) THEN ${ofPerson} END, ${ofRecord}) AS name
        FROM unnest(${types}::text[], ${ids}::text[]) AS wanted(type, id)) AS found
     WHERE name IS NOT NULL`;
}
