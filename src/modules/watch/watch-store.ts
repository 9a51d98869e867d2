import { firstIdAt } from '../monitoring/store/id-time.js';
import type { LedgerQueries, LedgerSession } from '../monitoring/store/sessions/ledger-session.js';
import { lifetimeOf, type GroupState } from './correlate/group-state.js';
import type { Group, GroupStates } from './correlate/correlator.js';
import type { LinkedRule } from './rules/link-rules.js';
import { WATCH_COLUMNS, type WatchCursor, type WatchRow } from './watch-cursor.js';

/** The row of the watch, locked. */
export interface LockedRow extends WatchRow {
  /** The number of events that are sealed under a checkpoint. */
  readonly size: number;
  readonly nowMs: number;
  /** Whether this transaction made the row. */
  readonly isNew: boolean;
}

/** Lets one instance at a time work: others find the row locked, and skip the step. */
const LOCK = `
  SELECT ${WATCH_COLUMNS}, (SELECT coalesce(max(size), 0) FROM audit_checkpoint)::float8 AS size,
         round(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"
    FROM audit_watch FOR UPDATE SKIP LOCKED`;

const BEGIN = `
  INSERT INTO audit_watch (place, note) SELECT 0, '' WHERE NOT EXISTS (SELECT FROM audit_watch) ON CONFLICT DO NOTHING RETURNING place`;

const READ = `SELECT ${WATCH_COLUMNS} FROM audit_watch`;

const MOVE = 'UPDATE audit_watch SET place = $1, looked_at = to_timestamp($2::float8 / 1000), note = $3';

/** Uses ids, which are in the log, and not the times of checkpoints, which are not signed. */
const FIRST_SINCE = `
  SELECT min(index)::float8 AS place FROM (SELECT index FROM audit_leaf WHERE event_id >= $1 OFFSET 0) AS recent`;

const LOAD = 'SELECT rule, key, state FROM audit_watch_group WHERE key = ANY ($1::text[])';

const DUE = 'SELECT rule, key, state FROM audit_watch_group WHERE due_at < to_timestamp($1::float8 / 1000)';

/**
 * Saves states. Each is kept up to a quarter longer than it matters, so that the indexed expiry seldom changes. They are written in the
 * order of keys, so that neighbours are in the same page.
 */
const SAVE = `
  INSERT INTO audit_watch_group (rule, key, state, expires_at, due_at)
  SELECT rule, key, state::json, to_timestamp(ceil((extract(epoch FROM clock_timestamp()) * 1000 + lifetime) / step) * step / 1000),
         to_timestamp(due / 1000)
    FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::float8[]) AS one (rule, key, state, lifetime, due),
         LATERAL (VALUES (lifetime / 4)) AS kept (step)
   ORDER BY key COLLATE "C"
  ON CONFLICT (key) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at, due_at = excluded.due_at`;

const FORGET = 'DELETE FROM audit_watch_group WHERE expires_at < clock_timestamp()';

/** Locks the row until the transaction ends, and makes it if it is missing; `undefined` while another instance has it. */
export async function lockRow(session: LedgerSession): Promise<LockedRow | undefined> {
  const isNew = (await session.rows(BEGIN)).length > 0;
  const [row] = await session.rows(LOCK);
  return row && { ...(row as unknown as Omit<LockedRow, 'isNew'>), isNew }; // the types of the columns
}

/** Reads the row; `undefined` if rules never ran. Compare it with its note by `placeOf`. */
export async function readRow(session: LedgerQueries): Promise<WatchRow | undefined> {
  const [row] = await session.rows(READ);
  return row as unknown as WatchRow | undefined; // the types of the columns
}

export async function moveTo(session: LedgerSession, { place, lookedAtMs }: WatchCursor, note: string): Promise<void> {
  await session.rows(MOVE, [place, lookedAtMs, note]);
}

/** The first place below `size` of an event that was accepted since a moment; `size` without one. */
export async function firstPlaceSince(session: LedgerSession, sinceMs: number, size: number): Promise<number> {
  const [row] = await session.rows(FIRST_SINCE, [firstIdAt(new Date(sinceMs))]);
  return typeof row?.place === 'number' ? Math.min(row.place, size) : size;
}

/** Removes groups that cannot matter any more. */
export async function forgetGroups(session: LedgerSession): Promise<void> {
  await session.rows(FORGET);
}

/** The states of groups, as the transaction sees and changes them. */
export class StoredGroups implements GroupStates {
  private readonly states = new Map<string, { readonly group: Group; readonly state: GroupState }>();
  private readonly changed = new Set<string>();

  constructor(private readonly session: LedgerSession) {}

  get(group: Group): GroupState | undefined {
    return this.states.get(group.key)?.state;
  }

  set(group: Group, state: GroupState): void {
    this.states.set(group.key, { group, state });
    this.changed.add(group.key);
  }

  /** Loads the states of groups. */
  async load(groups: readonly Group[]): Promise<void> {
    const missing = new Set(groups.map(({ key }) => key).filter((key) => !this.states.has(key)));
    if (missing.size > 0) this.keep(await this.session.rows(LOAD, [[...missing]]));
  }

  /** Loads the groups in which something is due, and returns them. */
  async loadDue(now: number): Promise<readonly Group[]> {
    return this.keep(await this.session.rows(DUE, [now]));
  }

  /** Stores the changed states. */
  async save(rules: readonly LinkedRule[]): Promise<void> {
    const byName = new Map(rules.map(({ rule }) => [rule.name, rule]));
    const rows = [...this.changed].flatMap((key) => {
      const { group, state } = this.states.get(key) ?? {};
      const rule = group && byName.get(group.rule);
      return group && state && rule ? [{ group, state, rule }] : [];
    });
    this.changed.clear();
    if (rows.length === 0) return;
    await this.session.rows(SAVE, [
      rows.map(({ group }) => group.rule),
      rows.map(({ group }) => group.key),
      rows.map(({ state }) => JSON.stringify(state)),
      rows.map(({ rule }) => lifetimeOf(rule)),
      rows.map(({ state: { pending = [] } }) =>
        pending.length > 0 ? Math.min(...pending.map(({ due }) => due)) : null,
      ),
    ]);
  }

  private keep(rows: readonly Readonly<Record<string, unknown>>[]): readonly Group[] {
    return rows.map((row) => {
      const group = { rule: String(row.rule), key: String(row.key) };
      const state = row.state as GroupState; // that save() wrote
      if (!this.states.has(group.key)) this.states.set(group.key, { group, state });
      return group;
    });
  }
}
