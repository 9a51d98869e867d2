import { z } from 'zod';
import type { AuditActor, JsonObject, JsonValue } from '../../../../audit/plain.js';
import { anyObject, list, named, time } from '../../answers/shape.js';
import { must, Parameter } from '../query-parameters.js';

/** The query of a record's state and blame. The service that finds the record checks the time. */
export class RecordAtQuery {
  @Parameter(
    { type: String, description: 'A day, an RFC 3339 time, or -24h for 24 hours ago. Default: now' },
    must('given once', (value) => typeof value === 'string'),
  )
  readonly at?: string;
}

const ResourceName = named('ResourceName', z.object({ type: z.string(), id: z.string() }));

const EventReference = named(
  'EventReference',
  z.object({ id: z.uuid(), type: z.string(), occurredAt: time, actor: anyObject<AuditActor>() }),
);
export type EventReference = z.infer<typeof EventReference>;

/** A part of a record that the ledger does not know. */
const UnknownPart = named(
  'UnknownPart',
  z.object({
    why: z
      .enum([
        ...(['erased', 'hidden', 'truncated', 'images_apart', 'ignored', 'redacted', 'digested'] as const),
        ...(['before_capture', 'retired', 'too_many_changes'] as const),
      ])
      .describe(
        'redacted: the value never left the database; digested: only a salted digest of it did; before_capture: no event is that old; retired: the events of months were; too_many_changes: more than one look-up reads are newer',
      ),
    fields: list(z.string()).exactOptional().describe('The fields concerned, where they are known; absent: any may be'),
    months: list(z.string())
      .exactOptional()
      .describe('Of retired: the months')
      .meta({ example: ['2026-01'] }),
  }),
);
export type UnknownPart = z.infer<typeof UnknownPart>;
export type UnknownReason = UnknownPart['why'];

const RECORD = {
  resource: ResourceName,
  at: time,
  exists: z.boolean().nullable().describe('Whether the row was there; null where it is unknown'),
  event: EventReference.nullable().describe(
    'The last captured change at or before that time; without one, the first change after it',
  ),
  unknown: list(UnknownPart).describe('What the ledger does not know of it'),
  movedTo: ResourceName.exactOptional().describe('The row has this id since then'),
};

/** A record as it was at a time. */
export const RecordState = named(
  'RecordState',
  z.object({
    ...RECORD,
    values: anyObject<JsonObject>()
      .nullable()
      .describe('Its columns, but for those that are unknown; null where the row was not there, or is not known'),
  }),
);
export type RecordState = z.infer<typeof RecordState>;

const FieldBlame = named(
  'FieldBlame',
  z.object({
    field: z.string(),
    value: z.custom<JsonValue>().exactOptional().describe('Absent where it is not known'),
    event: EventReference.nullable().describe('null where no event of the ledger changed it'),
  }),
);
export type FieldBlame = z.infer<typeof FieldBlame>;

/** Who last changed each field of a record. */
export const RecordBlame = named(
  'RecordBlame',
  z.object({ ...RECORD, fields: list(FieldBlame).describe('By name; empty where the row is not there') }),
);
export type RecordBlame = z.infer<typeof RecordBlame>;

const OperationEvent = named(
  'OperationEvent',
  z.object({ ...EventReference.shape, resource: ResourceName.partial().exactOptional() }),
);
export type OperationEvent = z.infer<typeof OperationEvent>;

/** One operation: its own events, and the row changes that it made. */
export const OperationStory = named(
  'OperationStory',
  z.object({
    by: z
      .enum(['operation', 'request'])
      .describe('What they have in common: the operation, or, where the row changes name none, the request'),
    id: z.string(),
    events: list(OperationEvent).describe('The oldest first'),
    rowChanges: list(OperationEvent).describe('The oldest first'),
    isWhole: z.boolean().describe('false if there are more than these'),
  }),
);
export type OperationStory = z.infer<typeof OperationStory>;
