import { Inject, Injectable } from '@nestjs/common';
import { Catalogue, type AuditEvent } from '../../../audit/index.js';
import type { LedgerAccess } from '../access/index.js';
import { eventOfRow, factsOfRow, LEDGER_COLUMNS, type LedgerRow } from '../ledger/ledger-row.js';
import { cursorAfter } from './cursor.js';
import { filterOf } from './event-filter.js';
import type { EventQuery } from './event-query.dto.js';
import { LedgerReader } from './ledger-reader.js';

/** An event as the ledger has it. */
export interface LedgerEvent extends AuditEvent {
  /** Its place in the ledger, from 0; absent until it is sealed, about a second after it was stored. */
  readonly index?: number;
}

/** A page of events, newest first. `nextCursor` is `null` on the last one. */
export interface EventPage {
  readonly items: readonly LedgerEvent[];
  readonly nextCursor: string | null;
}

const COLUMNS = `${LEDGER_COLUMNS}, (SELECT index FROM audit_leaf WHERE event_id = id) AS index`;

/** Reads the ledger. Rejects with LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when it cannot. */
@Injectable()
export class AuditQuery {
  constructor(
    @Inject(LedgerReader) private readonly reader: LedgerReader,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  /** The newest events that `access` is for and every given filter holds for; stable while events arrive. */
  async find(access: LedgerAccess, query: EventQuery): Promise<EventPage> {
    const { where, values } = filterOf(query, (type) => this.catalogue.canonicalName(type));
    const rows = await this.reader.eventRows(
      access,
      `SELECT ${COLUMNS} FROM audit_event WHERE ${where} ORDER BY id DESC LIMIT $${values.length + 1}`,
      [...values, query.limit + 1],
    );
    const items = rows.slice(0, query.limit).map((row) => eventFor(access, row));
    const last = items.at(-1);
    return { items, nextCursor: rows.length > query.limit && last ? cursorAfter(last.id) : null };
  }

  /** The event with this id, if `access` is for it. */
  async findOne(access: LedgerAccess, id: string): Promise<LedgerEvent | undefined> {
    const [row] = await this.reader.eventRows(access, `SELECT ${COLUMNS} FROM audit_event WHERE id = $1::uuid`, [id]);
    return row && eventFor(access, row);
  }
}

/** The event of a row, with its place. A person sees what others did to them, and nothing personal of these others. */
export function eventFor(access: LedgerAccess, row: LedgerRow): LedgerEvent {
  const isOwn = access.scope !== 'subject' || row.actor_id === access.subjectId;
  const event = isOwn ? eventOfRow(row) : factsOfRow(row);
  return row.index === null ? event : { ...event, index: Number(row.index) };
}
