import { createPseudonymizer, type Catalogue, type JsonValue } from '../../audit/nest-free.js';
import { EventFilters } from '../../monitoring/read/query/event-query.dto.js';
import { getComplianceTags, addTags } from '../../monitoring/read/query/ledger-event.js';
import { buildConditions } from '../../monitoring/read/query/filter-sql.js';
import { parseQuery } from '../../monitoring/read/query/parse-query.js';
import { LEAVES_FIRST } from '../../monitoring/read/query/position/sealed-events.service.js';
import { SqlValues } from '../../monitoring/read/query/sql-values.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import {
  toFacts,
  joinSound,
  LEDGER_COLUMNS,
  parsePersonalPart,
  type LedgerRow,
} from '../../monitoring/store/ledger-row.js';
import type { PersonalPart } from '../../monitoring/proof/sealing/personal-part.js';
import type { PersonalProof } from '../../monitoring/proof/sealing/shown-leaf.js';
import { formatEvent } from './signed-batch.js';
import { StreamThrottle } from './stream-throttle.js';
import type { PersonalChoice, Selection } from './selection.js';
import type { RetiredRecord, StreamedEvent } from './stream-destination.js';

export interface IndexRange {
  readonly first: number;
  readonly last: number;
  readonly limit: number;
  /** The maximum length of the events as JSON, in bytes. The first event is read even if it has more bytes. */
  readonly maxBytes?: number;
}

const BYTES = ['details', 'metadata', 'changes', 'related', 'personal']
  .map((column) => `coalesce(octet_length(${column}::text), 0)`)
  .join(' + ');

/** Events under a legal hold are still in the ledger, so the query does not count them as retired. */
const RETIRED = `
  SELECT id AS retirement, event_id AS event, min(index)::float8 AS first, max(index)::float8 AS last
    FROM (SELECT r.id, r.event_id, leaf.index, leaf.index - row_number() OVER (PARTITION BY r.id ORDER BY leaf.index) AS island
            FROM audit_retired_range span
            JOIN audit_retirement r ON r.id = span.retirement_id AND r.state IN ('announced', 'retired')
            JOIN audit_leaf leaf ON leaf.index BETWEEN greatest(span.first_index, $1) AND least(span.last_index, $2)
           WHERE span.last_index >= $1 AND span.first_index <= $2
             AND NOT EXISTS (SELECT FROM audit_event WHERE audit_event.id = leaf.event_id)) AS gone
   GROUP BY id, event_id, island ORDER BY 3, id`;

/** Reads the events of a stream by their sequence numbers, under the stream's own access. */
export class SelectedEvents {
  constructor(
    private readonly reader: Pick<LedgerReader, 'eventRows'>,
    private readonly catalogue: Catalogue,
    private readonly pseudonymKey: string | undefined,
    readonly pace = new StreamThrottle(new AbortController().signal),
  ) {}

  /** Reads the retired events of a range, with the retirement of each event. Rejects with the errors of {@link LedgerReader.eventRows}. */
  async retired(first: number, last: number): Promise<readonly Omit<RetiredRecord, 'note'>[]> {
    const rows = await this.reader.eventRows({ scope: 'all' }, RETIRED, [first, last], LEAVES_FIRST);
    return rows as unknown as readonly Omit<RetiredRecord, 'note'>[]; // the selected columns
  }

  /** Reads events by ascending sequence number. Rejects with the errors of {@link LedgerReader.eventRows}. */
  async read(selection: Selection, range: Omit<IndexRange, 'maxBytes'>): Promise<readonly StreamedEvent[]> {
    return (await this.readFitting(selection, range)).events;
  }

  /** Reads like {@link read}, but stops at `maxBytes`. `isCut` is true if `maxBytes` excluded further events. */
  async readFitting(
    { filter, access, personal }: Selection,
    { first, last, limit, maxBytes = Infinity }: IndexRange,
  ): Promise<{ readonly events: readonly StreamedEvent[]; readonly isCut: boolean }> {
    const values = new SqlValues();
    const selected = buildSelectionSql({ filter, access }, { first, last }, { values, meaning: this.catalogue });
    // The database itself limits the rows, because a parsed object needs twenty times the memory of its JSON.
    const before =
      maxBytes === Infinity ? '0' : `sum(${BYTES}) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING) - (${BYTES})`;
    const text = `
      SELECT * FROM (
        SELECT ${LEDGER_COLUMNS}, place, sealed_hash, ${before} AS bytes_before
          FROM ${selected} ORDER BY place LIMIT ${values.bind(limit)}) AS event
       WHERE bytes_before <= ${values.bind(Math.min(maxBytes, Number.MAX_SAFE_INTEGER))}::bigint ORDER BY place`;
    const rows = await this.reader.eventRows(access, text, values.list, LEAVES_FIRST);
    const make = this.maker(personal, access);
    const events: StreamedEvent[] = [];
    let bytes = 0;
    this.pace.begin();
    for (const row of rows) {
      if (this.pace.isDue) await this.pace.rest();
      const event = make(row);
      if (maxBytes !== Infinity) bytes += Buffer.byteLength(formatEvent(event));
      if (bytes > maxBytes && events.length > 0) break;
      events.push(event);
    }
    await this.pace.rest();
    return { events, isCut: events.length < rows.length };
  }

  private maker(personal: PersonalChoice, access: Selection['access']): (row: LedgerRow) => StreamedEvent {
    const tags = getComplianceTags(this.catalogue);
    const change = personal === 'pseudonym' ? createPartPseudonymizer(this.pseudonymKey) : (part: PersonalPart) => part;
    // An access to the events of one person does not show personal values of other actors.
    const isOthers = (row: LedgerRow): boolean => access.scope === 'subject' && row.actor_id !== access.subjectId;
    return (row) => {
      const part = personal === 'omit' || isOthers(row) ? undefined : parsePersonalPart(row);
      const event = addTags(joinSound(toFacts(row), part && change(part)), tags);
      const proof = buildPersonalProof(row, personal, part);
      return {
        ...{ index: Number(row.place), id: event.id, leafHash: toBase64(row.sealed_hash) },
        event,
        ...(proof && { proof }),
      };
    };
  }
}

/** Returns the tables and conditions of a query for selected events of a range. Each row has the columns `place` and `sealed_hash`. */
function buildSelectionSql(
  { filter, access }: Pick<Selection, 'filter' | 'access'>,
  { first, last }: Pick<IndexRange, 'first' | 'last'>,
  { values, meaning }: { readonly values: SqlValues; readonly meaning: Catalogue },
): string {
  const [from, to] = [values.bind(first), values.bind(last)];
  const conditions = buildConditions(parseQuery(EventFilters, filter), { access, values, meaning });
  return `(SELECT index AS place, event_id, leaf_hash AS sealed_hash FROM audit_leaf
            WHERE index BETWEEN ${from}::bigint AND ${to}::bigint ORDER BY index) AS sealed
          JOIN audit_event ON id = event_id
         WHERE ${['true', ...conditions].join(' AND ')}`;
}

/** With the salt alone, the receiver could guess the personal values. So the proof has the salt only if the event has the personal values. */
function buildPersonalProof(
  row: LedgerRow,
  personal: PersonalChoice,
  part: PersonalPart | undefined,
): PersonalProof | undefined {
  const commitment = toBase64(row.personal_commitment);
  if (commitment === '') return undefined;
  const pointers = Object.keys(part ?? {});
  if (pointers.length === 0) return { commitment };
  const salt = toBase64(row.personal_salt);
  return { commitment, personal: pointers, ...(personal === 'include' && salt !== '' && { salt }) };
}

function createPartPseudonymizer(key: string | undefined): (part: PersonalPart) => PersonalPart {
  const pseudonym = createPseudonymizer(key);
  const change = (value: JsonValue): JsonValue => {
    if (value === null) return null;
    if (Array.isArray(value)) return value.map(change);
    if (typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, change(each)]));
    }
    return pseudonym(String(value));
  };
  return (part) => Object.fromEntries(Object.entries(part).map(([pointer, value]) => [pointer, change(value)]));
}

function toBase64(bytes: unknown): string {
  return Buffer.isBuffer(bytes) ? bytes.toString('base64') : '';
}
