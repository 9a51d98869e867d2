import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Catalogue } from '../../../audit/plain.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { LEDGER_COLUMNS } from '../../monitoring/store/ledger-row.js';
import { selectEvents } from '../../monitoring/query/access-source.js';
import { complianceTagsOf, withTags, eventFor, type LedgerEvent } from '../../monitoring/query/ledger-event.js';
import { conditionsOf } from '../../monitoring/query/filter-sql.js';
import { InvalidQueryError } from '../../monitoring/query/invalid-query.error.js';
import { parseQuery } from '../../monitoring/query/parse-query.js';
import { rangeOf } from '../../monitoring/query/time-range.js';
import { SqlValues } from '../../monitoring/query/sql-values.js';
import { SampleQuery, type EventSample } from './sample.dto.js';

/** The maximum number of events to draw from: sorting this many ids by hash takes a few seconds. */
const MOST_POPULATION = 1_000_000;
/** This query must run on the server that also reads the events, because a replica may lack the newest events. */
const NEWEST_SIZE = 'SELECT size FROM audit_checkpoint ORDER BY size DESC LIMIT 1';
const DRAW_TIMEOUT = '10s';
const COLUMNS = `${LEDGER_COLUMNS}, (SELECT index FROM audit_leaf WHERE event_id = id) AS index`;

/** Draws random samples that another person can draw again. */
@Injectable()
export class EventSamples {
  constructor(
    @Inject(LedgerReader) private readonly reader: LedgerReader,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  /**
   * Draws the first events in the order of `SHA-256(seed ‖ ":" ‖ id)`. The population is the sealed events below `checkpointSize` that `access` allows
   * and all filters match. Without a range of time, only events of the last 30 days count.
   *
   * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`), also for more than 1,000,000 matching events, QueryTooSlowError
   *   (`AUDIT_QUERY_TOO_SLOW`) after 10 s, LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  async draw(access: LedgerAccess, query: Partial<SampleQuery> = {}): Promise<EventSample> {
    const parsed = parseQuery(SampleQuery, query);
    const { seed = randomBytes(16).toString('hex'), size } = parsed;
    const { from, to } = rangeOf(parsed);
    const [checkpoint] = await this.reader.rows(NEWEST_SIZE, []);
    const newest = Number(checkpoint?.size ?? 0);
    const { checkpointSize = newest } = parsed;
    if (checkpointSize > newest) {
      throw InvalidQueryError.create([`checkpointSize must be at most ${newest}, the size of the newest checkpoint`]);
    }
    const values = new SqlValues();
    const ranged = Object.assign(new SampleQuery(), parsed, { from, to });
    const conditions = [
      ...conditionsOf(ranged, { access, values, meaning: this.catalogue }),
      `id NOT IN (SELECT event_id FROM audit_leaf WHERE index >= ${values.place(checkpointSize)}::bigint)`,
      'id NOT IN (SELECT unnest(event_ids) FROM audit_unsequenced)',
    ];
    const tail = `LIMIT ${MOST_POPULATION + 1}`;
    const ids = selectEvents({ access, columns: 'id', conditions, tail }, values);
    const sample = await this.drawOf(access, ids, values, { seed, size, timeout: DRAW_TIMEOUT });
    if (sample.population > MOST_POPULATION) {
      const most = MOST_POPULATION.toLocaleString('en');
      throw InvalidQueryError.create([
        `more than ${most} events match, which is the maximum for a sample: narrow from and to, or add a filter`,
      ]);
    }
    const drawn = { seed, size, from: from.toISOString(), to: to.toISOString(), checkpointSize };
    return { ...drawn, algorithm: 'sha256-seed-id', ...sample };
  }

  /**
   * Draws events within `access` that meet all conditions, with sequence numbers from `firstPlace` to `checkpointSize` - 1.
   *
   * @param places the range, the seed and the size; `conditions` are SQL conditions on `audit_event`
   * @throws QueryTooSlowError (`AUDIT_QUERY_TOO_SLOW`) after 20 s, LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  async drawPlaces(
    access: LedgerAccess,
    places: {
      readonly seed: string;
      readonly size: number;
      readonly firstPlace: number;
      readonly checkpointSize: number;
      readonly conditions: readonly string[];
    },
  ): Promise<Pick<EventSample, 'population' | 'items'>> {
    const { firstPlace, checkpointSize, conditions } = places;
    const values = new SqlValues();
    const ids = `
      SELECT id FROM audit_leaf JOIN audit_event ON id = event_id
       WHERE index >= ${values.place(firstPlace)}::bigint AND index < ${values.place(checkpointSize)}::bigint
         AND ${['true', ...conditions].join(' AND ')}`;
    return this.drawOf(access, ids, values, places);
  }

  private async drawOf(
    access: LedgerAccess,
    ids: string,
    values: SqlValues,
    { seed, size, timeout }: { readonly seed: string; readonly size: number; readonly timeout?: string },
  ): Promise<Pick<EventSample, 'population' | 'items'>> {
    const text = `
      WITH population AS MATERIALIZED (${ids})
      SELECT id, (SELECT count(*) FROM population)::float8 AS population FROM population
       ORDER BY sha256(convert_to(${values.place(seed)}::text || ':' || id::text, 'UTF8')), id LIMIT ${values.place(size)}`;
    const rows = await this.reader.eventRows(access, text, values.list, {
      ...{ jit: 'off', work_mem: '64MB' },
      ...(timeout !== undefined && { statement_timeout: timeout }),
    });
    const drawn = rows.map(({ id }) => String(id));
    return { population: Number(rows[0]?.population ?? 0), items: await this.eventsOf(access, drawn) };
  }

  private async eventsOf(access: LedgerAccess, ids: readonly string[]): Promise<readonly LedgerEvent[]> {
    const text = `SELECT ${COLUMNS} FROM audit_event WHERE id = ANY ($1::uuid[])`;
    const rows = ids.length === 0 ? [] : await this.reader.eventRows(access, text, [ids]);
    const tags = complianceTagsOf(this.catalogue);
    const events = new Map(rows.map((row) => [String(row.id), withTags(eventFor(access, row), tags)]));
    return ids.flatMap((id) => events.get(id) ?? []);
  }
}
