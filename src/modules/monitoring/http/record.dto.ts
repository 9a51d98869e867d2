import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

/** The query of a record's state and blame. For the API's description. */
export class RecordAtQuery {
  @ApiPropertyOptional({
    type: String,
    description: 'The time of the state: a day, an RFC 3339 time, or -24h for 24 hours ago. Default: now',
  })
  readonly at?: string;
}

/** What a record is called. For the API's description only. */
class ResourceNameView {
  @ApiProperty({ example: 'order' })
  readonly type!: string;
  @ApiProperty({ example: '42' })
  readonly id!: string;
}

/** An event that something is known by. For the API's description only. */
class EventReferenceView {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;
  @ApiProperty({ example: 'row_updated' })
  readonly type!: string;
  @ApiProperty({ format: 'date-time' })
  readonly occurredAt!: string;
  @ApiProperty(ANY_OBJECT)
  readonly actor!: object;
}

/** OpenAPI 3.0 lets a reference be no null. */
function eventOrNull() {
  const nothing = { type: 'object', nullable: true, enum: [null] };
  return { oneOf: [{ $ref: getSchemaPath(EventReferenceView) }, nothing] };
}

/** Something that is not known of a record. For the API's description only. */
class UnknownPartView {
  @ApiProperty({
    enum: [
      'redacted',
      'digested',
      'erased',
      'hidden',
      'truncated',
      'images_apart',
      'ignored',
      'before_capture',
      'retired',
      'too_many_changes',
    ],
  })
  readonly why!: string;
  @ApiPropertyOptional({
    type: [String],
    description: 'The fields concerned, where they are known; absent: any may be',
  })
  readonly fields?: string[];
  @ApiPropertyOptional({ type: [String], example: ['2026-01'], description: 'Of retired: the months' })
  readonly months?: string[];
}

@ApiExtraModels(EventReferenceView)
abstract class RecordView {
  @ApiProperty({ type: ResourceNameView })
  readonly resource!: ResourceNameView;
  @ApiProperty({ format: 'date-time' })
  readonly at!: string;
  @ApiProperty({ type: Boolean, nullable: true, description: 'Whether the row was there; null where it is unknown' })
  readonly exists!: boolean | null;
  @ApiProperty({
    ...eventOrNull(),
    description: 'The last captured change at or before that time; without one, the first change after it',
  })
  readonly event!: EventReferenceView | null;
  @ApiProperty({ type: [UnknownPartView] })
  readonly unknown!: UnknownPartView[];
  @ApiPropertyOptional({ type: ResourceNameView, description: 'The row has this id since then' })
  readonly movedTo?: ResourceNameView;
}

/** A record as it was. For the API's description only. */
export class RecordStateView extends RecordView {
  @ApiProperty({ ...ANY_OBJECT, nullable: true, description: 'Its columns; null where the row was not there' })
  readonly values!: object | null;
}

/** Who last changed a field. For the API's description only. */
@ApiExtraModels(EventReferenceView)
class FieldBlameView {
  @ApiProperty({ example: 'status' })
  readonly field!: string;
  @ApiPropertyOptional({
    description: 'Absent where it is not known',
    oneOf: [{ type: 'string' }, { type: 'number' }, ANY_OBJECT],
  })
  readonly value?: unknown;
  @ApiProperty({
    ...eventOrNull(),
    description: 'null where no event of the ledger changed it',
  })
  readonly event!: EventReferenceView | null;
}

/** Who last changed each field of a record. For the API's description only. */
export class RecordBlameView extends RecordView {
  @ApiProperty({ type: [FieldBlameView] })
  readonly fields!: FieldBlameView[];
}
