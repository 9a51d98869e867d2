import { Inject, Injectable } from '@nestjs/common';
import { Catalogue } from '../../audit/nest-free.js';
import type { LedgerAccess } from '../../monitoring/read/access/ledger-access.js';
import { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { selectTimeText, type LedgerRow } from '../../monitoring/store/ledger-row.js';
import { AuditPrivacy } from '../../monitoring/keep/lifecycle/erasure/audit-privacy.service.js';
import type { Erasure } from '../../monitoring/keep/lifecycle/erasure/erasure.dto.js';
import type { LegalHold } from '../../monitoring/keep/lifecycle/holds/legal-hold.dto.js';
import { LegalHolds } from '../../monitoring/keep/lifecycle/holds/legal-holds.service.js';
import { selectEvents } from '../../monitoring/read/query/access-source.js';
import { AuditQuery } from '../../monitoring/read/query/audit-query.service.js';
import { buildConditions, shownColumn } from '../../monitoring/read/query/filter-sql.js';
import { EventFilters } from '../../monitoring/read/query/event-query.dto.js';
import { getFieldFilter, type FieldName } from '../../monitoring/read/query/field-filters.js';
import type { LedgerEvent } from '../../monitoring/read/query/ledger-event.js';
import { shownPath } from '../../monitoring/read/query/stats-query.dto.js';
import { parseQuery } from '../../monitoring/read/query/parse-query.js';
import { SqlValues } from '../../monitoring/read/query/sql-values.js';
import type { ActorProfile, SeenValue, ShownErasure } from './viewer-reads.dto.js';

const MAX_EVENTS = 20_000;
const MAX_VALUES = 50;
const MAX_RIGHTS = 50;
const MAX_ADDRESSES = 20;
const ADDRESSES = ['details.email', 'details.username', 'changes.before.email', 'changes.after.email'];
const RIGHTS_CATEGORIES = ['authorization', 'administration', 'user_management'];
const RIGHTS_ACTIONS = ['role', 'permission', 'membership', 'member', 'store_member', 'store_role'].map(
  (name) => `${name}_*`,
);

/** Reads actors, their addresses and their rights from events. */
@Injectable()
export class ActorProfiles {
  constructor(
    @Inject(LedgerReader) private readonly reader: LedgerReader,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(AuditQuery) private readonly ledger: AuditQuery,
    @Inject(LegalHolds) private readonly holds: LegalHolds,
    @Inject(AuditPrivacy) private readonly privacy: AuditPrivacy,
  ) {}

  /** Reads an actor's profile from the newest 20,000 events. @throws `AUDIT_QUERY_INVALID`, `AUDIT_QUERY_TOO_SLOW`, `AUDIT_LEDGER_UNAVAILABLE` */
  async find(access: LedgerAccess, id: string, query: Partial<EventFilters> = {}): Promise<ActorProfile> {
    const filters = Object.assign(new EventFilters(), parseQuery(EventFilters, query), { actorId: { eq: id } });
    const rows = await this.countEvents(access, filters);
    const of = (part: string): readonly LedgerRow[] => rows.filter((row) => row.part === part);
    const [all] = of('all');
    const total = Number(all?.count ?? 0);
    return {
      id,
      name: typeof all?.value === 'string' ? all.value : null,
      types: of('type').map(({ value }) => String(value)),
      total,
      isComplete: total < MAX_EVENTS,
      first: typeof all?.first === 'string' ? all.first : null,
      last: typeof all?.last === 'string' ? all.last : null,
      outcomes: Object.fromEntries(of('outcome').map(({ value, count }) => [String(value), Number(count)])),
      sessions: of('session').map(toSeenValue),
      ips: of('ip').map(toSeenValue),
      userAgents: of('userAgent').map(toSeenValue),
      addresses: await this.readAddresses(access, id),
      rights: await this.readRights(access, id, filters),
      holds: access.scope === 'all' ? (await this.holds.list()).filter((hold) => isHoldAbout(hold, id)) : [],
      erasures: access.scope === 'all' ? (await this.privacy.listErasures(id)).map(shown) : [],
    };
  }

  private async countEvents(access: LedgerAccess, filters: EventFilters): Promise<readonly LedgerRow[]> {
    const values = new SqlValues();
    const conditions = buildConditions(filters, { access, values, meaning: this.catalogue });
    const shown = (field: FieldName): string => shownColumn(getFieldFilter(field), access, values);
    const columns = `id, occurred_at, outcome, actor_type, ${shown('actorName')} AS name, ${shown('sessionId')} AS session,
      host(${shown('ip')}) AS ip, ${shown('userAgent')} AS agent`;
    const tail = `ORDER BY id DESC LIMIT ${values.bind(MAX_EVENTS)}`;
    const text = `
      WITH seen AS MATERIALIZED (${selectEvents({ access, columns, conditions, tail }, values)}),
      counted AS (
        SELECT CASE WHEN GROUPING(outcome) = 0 THEN 'outcome' WHEN GROUPING(actor_type) = 0 THEN 'type'
                    WHEN GROUPING(session) = 0 THEN 'session' WHEN GROUPING(ip) = 0 THEN 'ip'
                    WHEN GROUPING(agent) = 0 THEN 'userAgent' ELSE 'all' END AS part,
               coalesce(outcome, actor_type, session, ip, agent) AS value, count(*) AS count,
               min(occurred_at) AS first, max(occurred_at) AS last
          FROM seen GROUP BY GROUPING SETS ((outcome), (actor_type), (session), (ip), (agent), ())),
      ranked AS (SELECT *, row_number() OVER (PARTITION BY part ORDER BY last DESC, value) AS rank FROM counted
                  WHERE value IS NOT NULL OR part = 'all')
      SELECT part, CASE part WHEN 'all' THEN (SELECT name FROM seen WHERE name IS NOT NULL ORDER BY id DESC LIMIT 1) ELSE value END AS value,
             count::float8 AS count, ${selectTimeText('first')} AS first, ${selectTimeText('last')} AS last
        FROM ranked WHERE rank <= ${MAX_VALUES} ORDER BY part, rank`;
    return this.reader.eventRows(access, text, values.list, { jit: 'off' });
  }

  /** Events of the actor's actions on other users are excluded, because they contain the other users' addresses. */
  private async readAddresses(access: LedgerAccess, id: string): Promise<readonly string[]> {
    const values = new SqlValues();
    const own = values.bind(id);
    const columns = `id, ${ADDRESSES.map((path, nth) => `${shownPath(path, access, values)} AS a${nth}`).join(', ')}`;
    const tail = `ORDER BY id DESC LIMIT ${values.bind(MAX_EVENTS)}`;
    const parts = [
      ["resource_type = 'user'", `resource_id = ${own}`],
      [`actor_id = ${own}`, "category = 'authentication'"],
    ].map((conditions) => `(${selectEvents({ access, columns, conditions, tail }, values)})`);
    const all = ADDRESSES.map((_, nth) => `a${nth}`).join(', ');
    const text = `
      SELECT DISTINCT value FROM (${parts.join(' UNION ALL ')}) AS own, unnest(ARRAY[${all}]) AS value
       WHERE value <> '' ORDER BY value LIMIT ${MAX_ADDRESSES}`;
    const rows = await this.reader.eventRows(access, text, values.list, { jit: 'off' });
    return rows.map(({ value }) => String(value));
  }

  private async readRights(
    access: LedgerAccess,
    id: string,
    { from, to }: EventFilters,
  ): Promise<readonly LedgerEvent[]> {
    const about = {
      ...{ resourceType: { eq: 'user' }, resourceId: { eq: id }, limit: MAX_RIGHTS, names: true },
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    };
    const byCategory = await this.ledger.find(access, { ...about, category: RIGHTS_CATEGORIES });
    const byAction = await this.ledger.find(access, { ...about, action: RIGHTS_ACTIONS });
    const events = new Map([...byCategory.items, ...byAction.items].map((event) => [event.id, event]));
    return [...events.values()].toSorted((one, other) => (one.id < other.id ? 1 : -1)).slice(0, MAX_RIGHTS);
  }
}

function toSeenValue({ value, first, last, count }: LedgerRow): SeenValue {
  return { value: String(value), first: String(first), last: String(last), count: Number(count) };
}

function isHoldAbout({ actorId, resourceType, resourceId }: LegalHold, id: string): boolean {
  return actorId === id || (resourceType === 'user' && resourceId === id);
}

function shown({ id, state, requestedAt, finishedAt, eventId }: Erasure): ShownErasure {
  return {
    id,
    state,
    requestedAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(eventId === undefined ? {} : { eventId }),
  };
}
