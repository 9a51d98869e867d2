import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import type { LedgerReader } from '../../../monitoring/store/ledger-reader.service.js';
import { IN_ORDER, selectEvents } from '../../../monitoring/read/query/access-source.js';
import { lastNames, type Named } from '../../../monitoring/read/query/event-names.js';
import { SqlValues } from '../../../monitoring/read/query/sql-values.js';
import { shownPath, type StatsBy } from '../../../monitoring/read/query/stats-query.dto.js';
import type { CountedGroup } from './count-overview.js';

/** In these fields, the events about a person contain the addresses of the person. */
const ADDRESSES = ['details.email', 'details.username', 'changes.after.email'];
const MOST_EVENTS = 20;

/** Adds the last known names to groups of actors, resources and tenants, and merges groups of actors that are one person. */
export async function nameGroups(
  reader: LedgerReader,
  access: LedgerAccess,
  by: readonly StatsBy[],
  groups: readonly (readonly CountedGroup[])[],
): Promise<readonly (readonly CountedGroup[])[]> {
  const wanted = groups.flatMap((some, nth) => some.flatMap((group) => unnamedIn(by[nth], group)));
  const nameOf = await lastNames(reader, access, wanted);
  const named = groups.map((some, nth) =>
    some.map((group) => {
      const name = unnamedIn(by[nth], group)
        .map(nameOf)
        .find((each) => each !== undefined);
      return name === undefined ? group : { ...group, name };
    }),
  );
  const actors = named[by.indexOf('actorId')];
  if (!actors) return named;
  const merged = mergeAddresses(actors, await idsOfAddresses(reader, access, actors));
  return named.map((some) => (some === actors ? merged : some));
}

/** A resource of one of these types is a tenant. */
const TENANTS = ['tenant', 'store', 'organization', 'company'];

function unnamedIn(by: StatsBy | undefined, { value, name }: CountedGroup): readonly Named[] {
  if (value === null || name !== undefined) return [];
  const at = value.indexOf('/');
  if (by === 'resource') return at < 0 ? [] : [{ type: value.slice(0, at), id: value.slice(at + 1) }];
  if (by === 'tenantId') return TENANTS.map((type) => ({ type, id: value }));
  return by === 'actorId' ? [{ type: 'user', id: value }] : [];
}

/** Returns the id of the person for each group whose id is an address, if another group is that person. */
async function idsOfAddresses(
  reader: LedgerReader,
  access: LedgerAccess,
  groups: readonly CountedGroup[],
): Promise<ReadonlyMap<string, string>> {
  const all = groups.flatMap(({ value }) => value ?? []);
  const [addresses, ids] = [all.filter((id) => id.includes('@')), all.filter((id) => !id.includes('@'))];
  if (addresses.length === 0 || ids.length === 0) return new Map();
  const values = new SqlValues();
  const columns = `id, ARRAY[${ADDRESSES.map((path) => shownPath(path, access, values)).join(', ')}] AS known`;
  const conditions = ["resource_type = 'user'", 'resource_id = person.id'];
  const about = (order: string): string =>
    `(${selectEvents({ access, columns, conditions, tail: `ORDER BY id ${order} LIMIT ${MOST_EVENTS}` }, values)})`;
  const text = `
    SELECT DISTINCT address, person.id AS person
      FROM unnest(${values.place(ids)}::text[]) AS person(id),
           LATERAL (${about('ASC')} UNION ALL ${about('DESC')}) AS event, unnest(known) AS address
     WHERE address = ANY (${values.place(addresses)}::text[])`;
  const rows = await reader.eventRows(access, text, values.list, IN_ORDER);
  return new Map(rows.map(({ address, person }) => [String(address), String(person)]));
}

function mergeAddresses(groups: readonly CountedGroup[], idOf: ReadonlyMap<string, string>): readonly CountedGroup[] {
  const merged = new Map<string, CountedGroup>();
  for (const group of groups) {
    const id = idOf.get(group.value ?? '') ?? group.value;
    const key = id ?? ` ${group.name ?? ''}`;
    const known = merged.get(key);
    const also = [...(known?.also ?? []), ...(group.value !== null && group.value !== id ? [group.value] : [])];
    const name = group.value === id ? (group.name ?? known?.name) : (known?.name ?? group.name);
    const count = (known?.count ?? 0) + group.count;
    merged.set(key, { value: id, count, ...(name !== undefined && { name }), ...(also.length > 0 && { also }) });
  }
  return [...merged.values()].toSorted((one, other) => other.count - one.count);
}
