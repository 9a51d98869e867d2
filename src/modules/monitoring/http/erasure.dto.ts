import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsOptional,
  IsString,
  MaxLength,
  MinLength,
  NotContains,
} from 'class-validator';
import {
  FEWEST_CHARACTERS,
  MOST_CHARACTERS,
  MOST_ID_CHARACTERS,
  MOST_IDENTIFIERS,
  MOST_REASON_CHARACTERS,
} from '../lifecycle/erasure/check-request.js';

/** What is to be erased. */
export class ErasureDto {
  @ApiProperty({ description: 'The id that events have of the person: of an actor, or of a resource of type user' })
  @IsString()
  @NotContains('\0')
  @MinLength(1)
  @MaxLength(MOST_ID_CHARACTERS)
  declare readonly subjectId: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'E-mail addresses, user names and the like: events that hold one of them are erased, too',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MOST_IDENTIFIERS)
  @IsString({ each: true })
  @NotContains('\0', { each: true })
  @MinLength(FEWEST_CHARACTERS, { each: true })
  @MaxLength(MOST_CHARACTERS, { each: true })
  declare readonly identifiers?: readonly string[];

  @ApiProperty({ description: 'Why. It is kept, and holds nothing of the person' })
  @IsString()
  @NotContains('\0')
  @MinLength(1)
  @MaxLength(MOST_REASON_CHARACTERS)
  declare readonly reason: string;

  @ApiPropertyOptional({ default: false, description: 'Only count what would go' })
  @IsOptional()
  @IsBoolean()
  declare readonly dryRun?: boolean;
}

/** What an erasure found. For the API's description only. */
class ErasureCountsView {
  @ApiProperty({
    type: Object,
    additionalProperties: true,
    example: { '2026-11': { actor: 12, resource: 3, identifier: 1 } },
    description: 'Events whose personal part was erased, or would be, by month and by what makes them the person’s',
  })
  readonly events!: object;
  @ApiProperty({ description: 'Events that a legal hold keeps as they are' })
  readonly held!: number;
  @ApiProperty({ description: 'Events without a place in the log, which verify names: they are left as they are' })
  readonly refused!: number;
  @ApiProperty({ description: 'Events whose facts hold an identifier: these cannot be changed' })
  readonly namedInFacts!: number;
  @ApiProperty({ description: 'Events that were erased in archives, or would be' })
  readonly archived!: number;
  @ApiProperty({
    type: Object,
    additionalProperties: true,
    description: 'Rows that other providers changed, by backend',
  })
  readonly providers!: object;
  @ApiProperty({ description: 'Events that providers refuse, and that wait in the spill for somebody to decide' })
  readonly deadLetters!: number;
}

/** An export that an erasure did not reach. For the API's description only. */
class RemainingExportView {
  @ApiProperty({ format: 'uuid' })
  readonly exportId!: string;
  @ApiProperty({ format: 'date-time' })
  readonly exportedAt!: string;
  @ApiProperty({ description: 'Whether it surely has events of the person; else it may have some' })
  readonly isCertain!: boolean;
}

/** What an erasure leaves. For the API's description only. */
class ErasureRemainsView {
  @ApiProperty({ description: 'Events by or about the person, or that named the person, which are facts alone now' })
  readonly events!: number;
  @ApiProperty({
    type: Object,
    additionalProperties: true,
    example: { '/type': 16, '/actor/id': 12, '/details/attempts': 2 },
    description: 'The facts of these events, by name, and how many of the events have each. They are sealed',
  })
  readonly facts!: object;
  @ApiProperty({
    type: Object,
    additionalProperties: true,
    example: { '2026-01-0195b7a4': 3 },
    description: 'Archives that have some of these events, and how many',
  })
  readonly archives!: object;
  @ApiProperty({ description: 'Archives that were removed before: copies of them were not reached' })
  readonly removedArchives!: string[];
  @ApiProperty({ type: [RemainingExportView], description: 'Exports whose files have, or may have, the person’s data' })
  readonly exports!: RemainingExportView[];
  @ApiProperty({
    enum: ['backups', 'write_ahead_logs', 'archive_copies', 'unrecorded_exports', 'watch_digests'],
    isArray: true,
    description: 'Where else the person’s data may be that the erasure did not reach',
  })
  readonly outside!: string[];
}

/** An erasure. For the API's description only. */
export class ErasureView {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;
  @ApiProperty()
  readonly subjectId!: string;
  @ApiProperty({ type: Object, example: { type: 'admin', id: '0195b7a4-6d1e-7c3a-9f00-0123456789ab' } })
  readonly requestedBy!: object;
  @ApiProperty()
  readonly reason!: string;
  @ApiProperty()
  readonly dryRun!: boolean;
  @ApiProperty({
    enum: ['planned', 'erasing', 'searching', 'archives', 'providers', 'recording', 'sealing', 'done'],
  })
  readonly state!: string;
  @ApiProperty({ format: 'date-time' })
  readonly requestedAt!: string;
  @ApiPropertyOptional({ format: 'date-time' })
  readonly startedAt?: string;
  @ApiPropertyOptional({ format: 'date-time' })
  readonly finishedAt?: string;
  @ApiProperty({ type: ErasureCountsView })
  readonly counts!: ErasureCountsView;
  @ApiProperty({ type: ErasureRemainsView, description: 'What stays, by name; complete when it is done' })
  readonly remains!: ErasureRemainsView;
  @ApiPropertyOptional({ description: 'What it waits for, or what went wrong last; it is tried again' })
  readonly problem?: string;
  @ApiPropertyOptional({ format: 'uuid', description: 'Of the event audit_subject_erased' })
  readonly eventId?: string;
  @ApiPropertyOptional({ description: 'The certificate, as a signed note' })
  readonly certificate?: string;
}
