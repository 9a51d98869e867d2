import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../../../audit/index.js';
import { uuidv7 } from 'uuidv7';
import { settingsOf, type LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { PrimaryReader } from '../../../monitoring/store/ledger-reader.service.js';
import { timeText, type LedgerRow } from '../../../monitoring/store/ledger-row.js';
import { RecordedChanges } from '../../../monitoring/inbox/recorded-changes.service.js';
import type { RecordEvent } from '../../../monitoring/store/change-recorder.js';
import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import type { NewView, SavedView } from './view.dto.js';
import { viewerErrors } from '../viewer.errors.js';

const MOST_VIEWS = 100;
const MOST_SHOWN = 500;

const COLUMNS = `id, name, query, is_shared, owner_id, ${timeText('updated_at')} AS updated_at`;
const SHOWN = `SELECT ${COLUMNS} FROM audit_view ORDER BY name COLLATE "C", id LIMIT ${MOST_SHOWN}`;
/** Row-level security restricts the table to the reader's own views. */
const OWN = `SELECT ${COLUMNS} FROM audit_view WHERE scope = $1 AND scope_of = $2::text[]`;
const ADD = `
  INSERT INTO audit_view (id, owner_id, scope, scope_of, name, query, is_shared) VALUES ($1, $2, $3, $4, $5, $6, $7)
  RETURNING ${COLUMNS}`;
const CHANGE = `
  UPDATE audit_view SET name = $2, query = $3, is_shared = $4, updated_at = clock_timestamp() WHERE id = $1
  RETURNING ${COLUMNS}`;

/** Stores queries under a name, for one reader or for all readers with equal access. Each change records an event. */
@Injectable()
export class SavedViews {
  constructor(
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(RecordedChanges) private readonly changes: RecordedChanges,
  ) {}

  /** Lists the reader's own views and the shared views of other readers. @throws `AUDIT_LEDGER_UNAVAILABLE` */
  async list(access: LedgerAccess): Promise<readonly SavedView[]> {
    const reader = this.readerId();
    const rows = await this.reader.eventRows(access, SHOWN, [], { 'audit.reader': reader ?? '' });
    return rows.map((row) => viewOf(row, reader));
  }

  /**
   * Saves a new view, or changes the reader's own view with this id. A repeated call changes nothing. Returns `undefined` for a request without an
   * actor, or if the reader has no own view with this id. @throws `AUDIT_VIEW_CONFLICT`, `AUDIT_LEDGER_UNAVAILABLE`
   */
  async save(access: LedgerAccess, view: NewView, id?: string): Promise<SavedView | undefined> {
    const { name, query, shared = false } = view;
    return this.change(access, async (session, record, reader) => {
      const owners = ownersOf(access);
      const own = (await session.rows(OWN, [access.scope, owners])).map((row) => viewOf(row, reader));
      const named = own.find((each) => each.name === name);
      const current = id === undefined ? named : own.find((each) => each.id === id.toLowerCase());
      if (current?.name === name && current.query === query && current.shared === shared) return current;
      if (id !== undefined && !current) return undefined;
      if (named && (id === undefined || named !== current)) throw viewerErrors.AUDIT_VIEW_CONFLICT.taken(name);
      if (id === undefined && own.length >= MOST_VIEWS) throw viewerErrors.AUDIT_VIEW_CONFLICT.tooMany(MOST_VIEWS);
      const [row] = current
        ? await session.rows(CHANGE, [current.id, name, query, shared])
        : await session.rows(ADD, [uuidv7(), reader, access.scope, owners, name, query, shared]);
      const saved = row && viewOf(row, reader);
      if (saved) await record('audit_view_saved', eventOf(access, saved));
      return saved;
    });
  }

  /** Deletes the reader's own view. A missing view counts as deleted. @throws `AUDIT_LEDGER_UNAVAILABLE` */
  async remove(access: LedgerAccess, id: string): Promise<void> {
    await this.change(access, async (session, record, reader) => {
      const [deleted] = await session.rows(`DELETE FROM audit_view WHERE id = $1 RETURNING ${COLUMNS}`, [id]);
      if (deleted) await record('audit_view_deleted', eventOf(access, viewOf(deleted, reader)));
    });
  }

  private async change<Result>(
    access: LedgerAccess,
    work: (session: LedgerSession, record: RecordEvent, reader: string) => Promise<Result>,
  ): Promise<Result | undefined> {
    const reader = this.readerId();
    if (reader === undefined) return undefined;
    const settings = { ...settingsOf(access), 'audit.reader': reader };
    return this.changes.within(`audit_view ${reader}`, settings, (session, record) => work(session, record, reader));
  }

  private readerId(): string | undefined {
    const id = this.aggregator.currentActor()?.id;
    return id === undefined ? undefined : String(id);
  }
}

function eventOf(access: LedgerAccess, { id, name, query, shared }: SavedView): Parameters<RecordEvent>[1] {
  const [tenantId, ...others] = access.scope === 'tenants' ? access.tenantIds : [];
  return {
    category: 'audit_access',
    resource: { type: 'audit_view', id },
    ...(tenantId === undefined || others.length > 0 ? {} : { tenantId }),
    details: { viewName: name, viewQuery: query, shared },
  };
}

/** Equal accesses must give equal lists, so the ids are sorted. */
function ownersOf(access: LedgerAccess): readonly string[] {
  if (access.scope === 'tenants') return [...new Set(access.tenantIds)].sort();
  return access.scope === 'subject' ? [access.subjectId] : [];
}

function viewOf(row: LedgerRow, reader: string | undefined): SavedView {
  const { id, name, query, is_shared: shared, owner_id: owner, updated_at: updatedAt } = row;
  return {
    ...{ id: String(id), name: String(name), query: String(query), shared: shared === true },
    ...{ isOwn: owner === reader, updatedAt: String(updatedAt) },
  };
}
