import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import type { LinkedRule } from '../rules/link-rules.js';
import type { Group, GroupStates } from './correlator.js';
import { lifetimeOf, type GroupState } from './group-state.js';

const DELETE_EXPIRED = `
  WITH expired AS (DELETE FROM audit_watch_group WHERE expires_at < clock_timestamp())
  SELECT extract(epoch FROM min(due_at))::float8 * 1000 AS due FROM audit_watch_group`;
const LOAD = 'SELECT rule, key, state FROM audit_watch_group WHERE key = ANY ($1::text[])';

const DUE = 'SELECT rule, key, state FROM audit_watch_group WHERE due_at < to_timestamp($1::float8 / 1000)';

/**
 * The expiry is rounded up by at most a quarter of the lifetime, so that the indexed column seldom changes. The order of the keys keeps
 * neighbouring rows in the same page.
 */
const SAVE = `
  INSERT INTO audit_watch_group (rule, key, state, expires_at, due_at)
  SELECT rule, key, state::json, to_timestamp(ceil((extract(epoch FROM clock_timestamp()) * 1000 + lifetime) / step) * step / 1000),
         to_timestamp(due / 1000)
    FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::float8[]) AS one (rule, key, state, lifetime, due),
         LATERAL (VALUES (lifetime / 4)) AS kept (step)
   ORDER BY key COLLATE "C"
  ON CONFLICT (key) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at, due_at = excluded.due_at`;

/** Loads and saves the states of groups in a transaction. */
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

  /** Loads the states of groups that are not loaded yet. */
  async load(groups: readonly Group[]): Promise<void> {
    const missing = new Set(groups.map(({ key }) => key).filter((key) => !this.states.has(key)));
    if (missing.size > 0) this.keep(await this.session.rows(LOAD, [[...missing]]));
  }

  /** Loads and returns the groups with pending matches that are due. */
  async loadDue(now: number): Promise<readonly Group[]> {
    return this.keep(await this.session.rows(DUE, [now]));
  }

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

  /** Deletes expired groups. Resolves with the time at which the next group is due, in milliseconds since 1970, if there is one. */
  async deleteExpired(): Promise<number | undefined> {
    const [row] = await this.session.rows(DELETE_EXPIRED);
    return row?.due === null ? undefined : Number(row?.due);
  }

  private keep(rows: readonly Readonly<Record<string, unknown>>[]): readonly Group[] {
    return rows.map((row) => {
      const group = { rule: String(row.rule), key: String(row.key) };
      const state = row.state as GroupState; // save() wrote it
      if (!this.states.has(group.key)) this.states.set(group.key, { group, state });
      return group;
    });
  }
}
