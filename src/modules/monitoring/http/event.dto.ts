import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { EVENT_FIELDS, type LaidOutField, type StoredKind } from '../sealing/event-layout.js';

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

/** Something about an event's details that contradicts the catalogue. For the API's description only. */
class DetailsIssueView {
  @ApiProperty({ example: '/roleNam', description: 'JSON Pointer' })
  readonly path!: string;
  @ApiProperty({ example: 'is not a field of this event type' })
  readonly message!: string;
}

/** What is said of a field beyond its line in the layout. */
const TOLD: Readonly<Record<string, ApiPropertyOptions>> = {
  type: { example: 'user_login_failed' },
  action: { example: 'user_login' },
  detailsIssues: { type: [DetailsIssueView] },
};

const TYPES: Readonly<Record<StoredKind, ApiPropertyOptions>> = {
  uuid: { type: String, format: 'uuid' },
  time: { type: String, format: 'date-time' },
  text: { type: String },
  smallint: { type: Number },
  double: { type: Number },
  flag: { type: Boolean },
  inet: { type: String },
  json: ANY_OBJECT,
};

function describeField({ kind, words, says }: LaidOutField): ApiPropertyOptions {
  return { ...TYPES[kind], ...(words && { enum: [...words] }), description: says };
}

/** Declares a property for each field of the layout, and one for each object that holds some. */
function eventFields(): abstract new () => object {
  abstract class DeclaredFields extends Object {}
  for (const field of EVENT_FIELDS) {
    const name = field.group ?? field.name;
    const within = EVENT_FIELDS.filter(({ group }) => group === name);
    const options = within.length > 0 ? ANY_OBJECT : { ...describeField(field), ...TOLD[name] };
    const required = within.length > 0 ? within.some((each) => each.required) : field.required === true;
    ApiProperty({ ...options, required } as ApiPropertyOptions)(DeclaredFields.prototype, name); // again for a field beside
  }
  return DeclaredFields;
}

/** The row changes of an operation. For the API's description only. */
class JoinedChangesView {
  @ApiProperty({ type: [String], description: 'Ids of the events, the oldest first' })
  readonly events!: string[];
  @ApiProperty({
    description: 'How many records they changed; changes is that of the own resource, or of the only record',
  })
  readonly records!: number;
  @ApiProperty({ description: 'false if the operation has more than these' })
  readonly isWhole!: boolean;
}

/** An event as the API shows it. For the API's description only. */
export class EventView extends eventFields() {
  @ApiPropertyOptional({ description: 'Place in the ledger, from 0; absent until the event is sealed' })
  readonly index?: number;
  @ApiPropertyOptional({
    type: [String],
    example: ['pci_dss'],
    description: 'Compliance tags of the action, by the catalogue',
  })
  readonly compliance?: string[];
  @ApiPropertyOptional({ description: 'The archive that it is from, where it is no more in the database' })
  readonly archive?: string;
  @ApiPropertyOptional({
    type: JoinedChangesView,
    description: 'Of an operation whose changes are captured: the row changes that changes was taken from',
  })
  readonly rowChanges?: JoinedChangesView;
}

/** What an answer says of retired events. For the API's description only. */
export class ArchivedNoteView {
  @ApiProperty({ description: 'Whether archives were asked; when not, events may be missing' })
  readonly included!: boolean;
  @ApiProperty({ type: [String], example: ['2026-01'] })
  readonly months!: string[];
  @ApiPropertyOptional({ type: [String], description: 'Archives that were removed for good' })
  readonly removed?: string[];
  @ApiProperty({ description: 'How many of the events are from archives' })
  readonly events!: number;
}

/** A page of events. For the API's description only. */
export class EventPageView {
  @ApiProperty({ type: [EventView] })
  readonly items!: EventView[];
  @ApiProperty({ type: String, nullable: true })
  readonly nextCursor!: string | null;
  @ApiPropertyOptional({ type: ArchivedNoteView, description: 'Where events of the range of time were retired' })
  readonly archived?: ArchivedNoteView;
  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description:
      'Of what is related to an event of an operation that changed captured rows: its events and its rowChanges, each with id, type, occurredAt, actor and resource',
  })
  readonly operation?: object;
}
