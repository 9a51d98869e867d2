import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { JsonValue } from '../../../../audit/nest-free.js';
import type { LedgerAccess } from '../../access/ledger-access.js';
import { LedgerReader } from '../../../store/ledger-reader.service.js';
import { ArchivedEvents } from '../archived/archived-events.service.js';
import { AuditQuery } from '../audit-query.service.js';
import type { EventPage } from '../ledger-event.dto.js';
import type { EventQuery } from '../event-query.dto.js';
import { A_MOMENT, isMoment, timeOf } from '../query-times.js';
import type { ResourceName } from '../ledger-event.js';
import { EntityNames, type EntityClass, type EntityId } from './entity-names.js';
import { blameOf, stateOf, formerId, columnsOf, type RowChange } from './row-change.js';
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

const COLUMNS_OF = 20;

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
    const resource = { type: names.resourceType, id: names.idOf(id), ...(table !== undefined && { table }) };
    const property = (column: string): string => names.propertyOf(column);
    const unknownOf = ({ unknown }: Pick<RecordState, 'unknown'>): RecordState['unknown'] =>
      unknown.map((part) => (part.fields ? { ...part, fields: part.fields.map(property) } : part));
    return {
      resource,
      events: (access, query) => this.ledger.history(access, resource, query),
      state: async (access, at) => {
        const state = await this.state(access, resource, at);
        const values = state.values && (names.valuesOf(state.values) as EntityState<Entity>['values']); // the keys are the entity's properties, from TypeORM's metadata
        return { ...state, values, unknown: unknownOf(state) };
      },
      blame: async (access, at) => {
        const blame = await this.blame(access, resource, at);
        const fields = blame.fields.map((field) => ({ ...field, field: property(field.field) }));
        return { ...blame, fields, unknown: unknownOf(blame) };
      },
    };
  }

  /** Returns the state of a record at a given time, according to the last change captured until that time. @param at default: now */
  async state(access: LedgerAccess, resource: ResourceName, at?: Date | string): Promise<RecordState> {
    return (await this.read(access, resource, timeAsked(at))).state;
  }

  /** For each field of a record, returns the event that changed the field last before a given time. @param at default: now */
  async blame(access: LedgerAccess, resource: ResourceName, at?: Date | string): Promise<RecordBlame> {
    const time = timeAsked(at);
    const { state, last, record } = await this.read(access, resource, time);
    const changes = walk(new RecordChanges(this.reader, access), record, last);
    return blameOf(state, changes, async () => {
      const months = await this.archived.monthsWithin({ to: time });
      return months ? { why: 'retired', months } : { why: 'before_capture' };
    });
  }

  private async read(
    access: LedgerAccess,
    asked: ResourceName,
    at: Date,
  ): Promise<{ readonly state: RecordState; readonly last: RowChange | undefined; readonly record: ResourceName }> {
    await this.reader.awaitRowChanges();
    const changes = new RecordChanges(this.reader, access);
    const resource = await changes.recordOf(asked);
    const [last] = await changes.newest(resource, 1, at);
    const rekeyed = await changes.rekeyedAway(resource, last?.event.id ?? '', at);
    const truncated = await changes.lastTruncation(resource, at);
    const next = last ? undefined : await changes.firstAfter(resource, at);
    const retired = last ? undefined : await this.archived.monthsWithin({ to: at });
    const shown = last ?? next;
    const nearby = shown?.withheld ? await changes.newest(resource, COLUMNS_OF) : [];
    const known = { last, next, rekeyed, truncated, retired, columns: nearby.flatMap(columnsOf) };
    return { state: stateOf(resource, at === LATEST ? new Date() : at, known), last, record: resource };
  }
}

async function* walk(
  changes: RecordChanges,
  resource: ResourceName,
  from: RowChange | undefined,
): AsyncGenerator<RowChange, void> {
  if (!from) return;
  yield from;
  const id = formerId(from.event) ?? resource.id;
  for (const link of await changes.links({ ...resource, id }, from.event.id)) yield* changes.back(link);
}

function timeAsked(at: Date | string = LATEST): Date {
  if (!isMoment(at)) throw readErrors.AUDIT_QUERY_INVALID([`at must be ${A_MOMENT}`]);
  return timeOf(at);
}
