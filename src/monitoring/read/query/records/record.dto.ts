import { z } from 'zod';
import type { AuditActor, JsonObject, JsonValue } from '../../../../audit/nest-free.js';
import { objectSchema, list, namedSchema, time } from '../../responses/shape.js';

const ResourceName = namedSchema('ResourceName', z.object({ type: z.string(), id: z.string() }));

const EventReference = namedSchema(
  'EventReference',
  z.object({ id: z.uuid(), type: z.string(), occurredAt: time, actor: objectSchema<AuditActor>() }),
);
export type EventReference = z.infer<typeof EventReference>;

const UnknownPart = namedSchema(
  'UnknownPart',
  z.object({
    reason: z
      .enum([
        ...(['erased', 'hidden', 'truncated', 'images_apart', 'ignored', 'redacted', 'digested'] as const),
        ...(['before_capture', 'retired', 'too_many_changes'] as const),
      ])
      .describe(
        'redacted: the value was not captured; digested: only a salted digest was captured; before_capture: no event is old enough; retired: events of earlier months were retired; too_many_changes: the limit of changes that one query reads was reached',
      ),
    fields: list(z.string()).exactOptional().describe('The unknown fields; absent if any field may be unknown'),
    months: list(z.string())
      .exactOptional()
      .describe('For the reason `retired`: the months whose events were retired')
      .meta({ example: ['2026-01'] }),
  }),
);
export type UnknownPart = z.infer<typeof UnknownPart>;

const RECORD = {
  resource: ResourceName,
  tables: list(z.string())
    .exactOptional()
    .describe('The captured table of the record. Several only if the query names several')
    .meta({ example: ['public.orders'] }),
  at: time,
  exists: z.boolean().nullable().describe('Whether the row existed; null if that is unknown'),
  event: EventReference.nullable().describe(
    'The last captured change at or before the requested time. Without such a change, the first change after that time',
  ),
  unknown: list(UnknownPart).describe('The unknown parts of the record'),
  movedTo: ResourceName.exactOptional().describe('The new id of the row, if its key was changed'),
};

/** A record as it was at a time. */
export const RecordState = namedSchema(
  'RecordState',
  z.object({
    ...RECORD,
    values: objectSchema<JsonObject>()
      .nullable()
      .describe('The values of the known columns; null if the row did not exist, or is unknown'),
  }),
);
export type RecordState = z.infer<typeof RecordState>;

const FieldBlame = namedSchema(
  'FieldBlame',
  z.object({
    field: z.string(),
    value: z.custom<JsonValue>().exactOptional().describe('The value of the column; absent if the value is unknown'),
    event: EventReference.nullable().describe(
      'The event that changed the field last; null if the ledger has no such event',
    ),
  }),
);
export type FieldBlame = z.infer<typeof FieldBlame>;

/** For each field of a record, the event that changed the field last. */
export const RecordBlame = namedSchema(
  'RecordBlame',
  z.object({ ...RECORD, fields: list(FieldBlame).describe('Sorted by name; empty if the row does not exist') }),
);
export type RecordBlame = z.infer<typeof RecordBlame>;

const OperationEvent = namedSchema(
  'OperationEvent',
  z.object({ ...EventReference.shape, resource: ResourceName.partial().exactOptional() }),
);
export type OperationEvent = z.infer<typeof OperationEvent>;

export const OperationStory = namedSchema(
  'OperationStory',
  z.object({
    by: z
      .enum(['operation', 'request'])
      .describe(
        'Which id the events share: the operation id, or the request id if the row changes have no operation id',
      ),
    id: z.string(),
    events: list(OperationEvent).describe('Oldest first'),
    rowChanges: list(OperationEvent).describe('Oldest first'),
    isComplete: z.boolean().describe('false if the operation has events that are not listed'),
  }),
);
export type OperationStory = z.infer<typeof OperationStory>;
