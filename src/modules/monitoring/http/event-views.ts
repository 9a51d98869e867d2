import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { OUTCOMES, SEVERITIES } from '../../../audit/index.js';

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

/** Something about an event's details that contradicts the catalogue. For the API's description only. */
export class DetailsIssueView {
  @ApiProperty({ example: '/roleNam', description: 'JSON Pointer' })
  readonly path!: string;
  @ApiProperty({ example: 'is no field of this event type' })
  readonly message!: string;
}

/** An event as the API shows it. For the API's description only. */
export class EventView {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;
  @ApiProperty()
  readonly schemaVersion!: number;
  @ApiProperty({ format: 'date-time' })
  readonly occurredAt!: string;
  @ApiProperty({ example: 'user_login_failed' })
  readonly type!: string;
  @ApiProperty({ example: 'user_login' })
  readonly action!: string;
  @ApiProperty({ enum: OUTCOMES })
  readonly outcome!: string;
  @ApiProperty()
  readonly category!: string;
  @ApiProperty({ enum: SEVERITIES })
  readonly severity!: string;
  @ApiProperty(ANY_OBJECT)
  readonly actor!: object;
  @ApiPropertyOptional()
  readonly tenantId?: string;
  @ApiPropertyOptional(ANY_OBJECT)
  readonly resource?: object;
  @ApiPropertyOptional(ANY_OBJECT)
  readonly request?: object;
  @ApiPropertyOptional(ANY_OBJECT)
  readonly changes?: object;
  @ApiPropertyOptional()
  readonly reason?: string;
  @ApiPropertyOptional(ANY_OBJECT)
  readonly error?: object;
  @ApiProperty(ANY_OBJECT)
  readonly details!: object;
  @ApiPropertyOptional({ type: [DetailsIssueView] })
  readonly detailsIssues?: DetailsIssueView[];
  @ApiProperty(ANY_OBJECT)
  readonly metadata!: object;
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
}
