import { Inject, Injectable } from '@nestjs/common';
import { Catalogue } from '../../audit/nest-free.js';
import type { LedgerAccess } from '../../monitoring/read/access/ledger-access.js';
import { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import type { LedgerRow } from '../../monitoring/store/ledger-row.js';
import { selectEvents, undefinedIfTooSlow } from '../../monitoring/read/query/access-source.js';
import { buildConditions, shownColumn } from '../../monitoring/read/query/filter-sql.js';
import { FIELD_NAMES, getFieldFilter } from '../../monitoring/read/query/field-filters.js';
import { parseQuery } from '../../monitoring/read/query/parse-query.js';
import { SqlValues } from '../../monitoring/read/query/sql-values.js';
import { buildGroupColumns, type StatsBy } from '../../monitoring/read/query/stats-query.dto.js';
import { TIMING } from '../../monitoring/store/timing.js';
import { ValuesQuery, type FieldValue, type FieldValues } from './viewer-reads.dto.js';

const NEWEST = 20_000;
const SETTINGS = { enable_seqscan: 'off', jit: 'off' };

/** Completes queries with values of events that the reader may see. */
@Injectable()
export class FieldValuesReader {
  constructor(
    @Inject(LedgerReader) private readonly reader: LedgerReader,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  /** Reads the values of the newest events within `access` that match the filters. @throws `AUDIT_QUERY_INVALID`, `AUDIT_LEDGER_UNAVAILABLE` */
  async values(access: LedgerAccess, query: Partial<ValuesQuery>): Promise<FieldValues> {
    const parsed = parseQuery(ValuesQuery, query);
    const { field, prefix = '', limit } = parsed;
    const begins = (value: string): boolean => value.toLowerCase().startsWith(prefix.toLowerCase());
    if (field === 'compliance') return { field, ...takeFirst(this.tags().filter(begins).map(omitCount), limit) };
    const rows = await this.valuesOfEvents(access, parsed);
    const found = new Map((rows ?? []).map((row) => [String(row.value), toFieldValue(row)]));
    for (const word of this.predefined(access, field).filter(begins)) {
      if (!found.has(word)) found.set(word, omitCount(word));
    }
    const isOfAll = rows?.every(({ searched }) => Number(searched) < NEWEST) ?? false;
    const { values, isComplete } = takeFirst([...found.values()], limit);
    return { field, values, isComplete: isComplete && isOfAll };
  }

  private async valuesOfEvents(access: LedgerAccess, query: ValuesQuery): Promise<readonly LedgerRow[] | undefined> {
    const { field, prefix = '', limit } = query;
    const values = new SqlValues();
    const conditions = buildConditions(query, { access, values, meaning: this.catalogue });
    const isOfActor = field === 'actorId';
    const { value, name: tried } = buildGroupColumns(field, access, values);
    const name = isOfActor ? `coalesce(${shownColumn(getFieldFilter('actorName'), access, values)}, ${tried})` : tried;
    const columns = `id, ${value} AS value, ${name} AS name`;
    const tail = `ORDER BY id DESC LIMIT ${values.bind(NEWEST)}`;
    const pattern = `lower(${values.bind(prefix)}::text)`;
    const text = `
      WITH newest AS MATERIALIZED (${selectEvents({ access, columns, conditions, tail }, values)})
      SELECT value, max(name) AS name, count(*)::float8 AS count, (SELECT count(*) FROM newest)::float8 AS searched
        FROM newest
       WHERE starts_with(lower(value), ${pattern}) OR starts_with(lower(name), ${pattern})
          OR position(' ' || ${pattern} IN lower(name)) > 0
       GROUP BY value HAVING value IS NOT NULL
       ORDER BY count(*) DESC, value LIMIT ${values.bind(limit + 1)}`;
    const settings = { ...SETTINGS, statement_timeout: String(TIMING.fieldValuesMs) };
    return this.reader.eventRows(access, text, values.list, settings).catch(undefinedIfTooSlow);
  }

  private predefined(access: LedgerAccess, field: StatsBy): readonly string[] {
    const name = FIELD_NAMES.find((each) => each === field);
    if (name === undefined) return [];
    const { words } = getFieldFilter(name);
    if (words) return words;
    if (access.scope !== 'all' || !(field === 'type' || field === 'action' || field === 'category')) return [];
    return [...new Set(this.catalogue.knownTypes().map((type) => type[field]))].toSorted();
  }

  private tags(): readonly string[] {
    return [...new Set([...this.catalogue.complianceTags().values()].flat())].toSorted();
  }
}

function toFieldValue({ value, name, count }: LedgerRow): FieldValue {
  return { value: String(value), ...(typeof name === 'string' ? { name } : {}), count: Number(count) };
}

function omitCount(value: string): FieldValue {
  return { value, count: 0 };
}

function takeFirst(values: readonly FieldValue[], limit: number): Pick<FieldValues, 'values' | 'isComplete'> {
  return { values: values.slice(0, limit), isComplete: values.length <= limit };
}
