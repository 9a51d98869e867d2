import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { JsonValue } from '../../../../audit/nest-free.js';
import type { LedgerAccess } from '../../access/ledger-access.js';
import { LedgerReader } from '../../../store/ledger-reader.service.js';
import { ArchivedEvents } from '../archived/archived-events.service.js';
import { AuditQuery } from '../audit-query.service.js';
import type { EventPage } from '../ledger-event.dto.js';
import type { EventQuery } from '../event-query.dto.js';
import { TIME_FORMAT_HELP, isMoment, parseTime } from '../query-times.js';
import type { ResourceName } from '../ledger-event.js';
import { EntityNames, type EntityClass, type EntityId } from './entity-names.js';
import { buildBlame, buildRecordState, getFormerId, listColumns, type RowChange } from './row-change.js';
import type { FieldBlame, RecordBlame, RecordState } from './record.dto.js';
import { LATEST, RecordChanges } from './record-changes.js';
import { readErrors } from '../../../errors/read.errors.js';

/** The state of an entity's row. The keys of `values` are the properties of the entity. */
export interface EntityState<Entity> extends Omit<RecordState, 'values'> {
  /** The values as JSON. Times are texts. */
  readonly values: { readonly [Name in keyof Entity]?: JsonValue } | null;
}

/** For each property of an entity's row, the event that changed the property last. */
export interface EntityBlame<Entity> extends Omit<RecordBlame, 'fields'> {
  readonly fields: readonly (Omit<FieldBlame, 'field'> & { readonly field: (keyof Entity & string) | (string & {}) })[];
}

/** Reads the history of one entity's row. */
export interface EntityHistory<Entity> {
  /** The resource of the row's events. */
  readonly resource: ResourceName;
  /** Works like {@link AuditQuery.history}. */
  events(access: LedgerAccess, query?: Partial<EventQuery>): Promise<EventPage>;
  /** Works like {@link AuditHistory.state}, but with properties instead of columns. */
  state(access: LedgerAccess, at?: Date | string): Promise<EntityState<Entity>>;
  /** Works like {@link AuditHistory.blame}, but with properties instead of columns. */
  blame(access: LedgerAccess, at?: Date | string): Promise<EntityBlame<Entity>>;
}

const COLUMN_CACHE_SIZE = 20;

/**
 * Reads the history of single records from captured row changes. Every method may reject with `AUDIT_LEDGER_UNAVAILABLE`, `AUDIT_QUERY_INVALID` or `AUDIT_QUERY_TOO_SLOW`.
 */
@Injectable()
export class AuditHistory {
  constructor(
    @Inject(LedgerReader) private readonly reader: LedgerReader,
    @Inject(AuditQuery) private readonly ledger: AuditQuery,
    @Inject(ArchivedEvents) private readonly archived: ArchivedEvents,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  /**
   * Returns the history of one row of a TypeORM entity.
   *
   * @param id the value of the row's primary key. For several key columns, an object with the values by property
   * @param table the table, as `schema.table`, if tables share the entity's resource, such as one schema for each tenant
   * @throws `AUDIT_ENTITY_UNKNOWN`
   */
  of<Entity>(entity: EntityClass<Entity>, id: EntityId<Entity>, table?: ResourceName['table']): EntityHistory<Entity> {
    const names = EntityNames.find(this.modules, entity);
    const resource = { type: names.resourceType, id: names.formatId(id), ...(table !== undefined && { table }) };
    const property = (column: string): string => names.getProperty(column);
    const omitHidden = ({ unknown }: Pick<RecordState, 'unknown'>): RecordState['unknown'] =>
      unknown.map((part) => (part.fields ? { ...part, fields: part.fields.map(property) } : part));
    return {
      resource,
      events: (access, query) => this.ledger.history(access, resource, query),
      state: async (access, at) => {
        const state = await this.state(access, resource, at);
        const values = state.values && (names.getValues(state.values) as EntityState<Entity>['values']); // the keys are the entity's properties, from TypeORM's metadata
        return { ...state, values, unknown: omitHidden(state) };
      },
      blame: async (access, at) => {
        const blame = await this.blame(access, resource, at);
        const fields = blame.fields.map((field) => ({ ...field, field: property(field.field) }));
        return { ...blame, fields, unknown: omitHidden(blame) };
      },
    };
  }

  /** Returns the state of a record at a given time, according to the last change captured until that time. @param at default: now */
  async state(access: LedgerAccess, resource: ResourceName, at?: Date | string): Promise<RecordState> {
    return (await this.read(access, resource, resolveTime(at))).state;
  }

  /** For each field of a record, returns the event that changed the field last before a given time. @param at default: now */
  async blame(access: LedgerAccess, resource: ResourceName, at?: Date | string): Promise<RecordBlame> {
    const time = resolveTime(at);
    const { state, last, record } = await this.read(access, resource, time);
    const changes = walk(new RecordChanges(this.reader, access), record, last);
    return buildBlame(state, changes, async () => {
      const months = await this.archived.monthsWithin({ to: time });
      return months ? { reason: 'retired', months } : { reason: 'before_capture' };
    });
  }

  private async read(
    access: LedgerAccess,
    requested: ResourceName,
    at: Date,
  ): Promise<{ readonly state: RecordState; readonly last: RowChange | undefined; readonly record: ResourceName }> {
    await this.reader.awaitRowChanges();
    const changes = new RecordChanges(this.reader, access);
    const resource = await changes.resolveRecord(requested);
    const [last] = await changes.newest(resource, 1, at);
    const rekeyed = await changes.rekeyedAway(resource, last?.event.id ?? '', at);
    const truncated = await changes.lastTruncation(resource, at);
    const next = last ? undefined : await changes.firstAfter(resource, at);
    const retired = last ? undefined : await this.archived.monthsWithin({ to: at });
    const shown = last ?? next;
    const nearby = shown?.withheld ? await changes.newest(resource, COLUMN_CACHE_SIZE) : [];
    const known = { last, next, rekeyed, truncated, retired, columns: nearby.flatMap(listColumns) };
    return { state: buildRecordState(resource, at === LATEST ? new Date() : at, known), last, record: resource };
  }
}

async function* walk(
  changes: RecordChanges,
  resource: ResourceName,
  from: RowChange | undefined,
): AsyncGenerator<RowChange, void> {
  if (!from) return;
  yield from;
  const id = getFormerId(from.event) ?? resource.id;
  for (const link of await changes.links({ ...resource, id }, from.event.id)) yield* changes.back(link);
}

function resolveTime(at: Date | string = LATEST): Date {
  if (!isMoment(at)) throw readErrors.AUDIT_QUERY_INVALID([`at must be ${TIME_FORMAT_HELP}`]);
  return parseTime(at);
}
