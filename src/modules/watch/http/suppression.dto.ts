import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';
import { parseCursor } from '../../monitoring/query/cursor.js';
import { must, Parameter } from '../../monitoring/query/query-parameters.js';
import { isText, isTime } from '../../monitoring/query/query-values.js';
import { AlertActorView } from './alert.dto.js';
import { IsProse } from '../../monitoring/http/is-prose.decorator.js';
import { Must } from '../../monitoring/http/must.decorator.js';

const MOST_FIELDS = 10;
const MOST_CHARACTERS = 1_000;
const FLAGS = ['true', 'false'];

function isFlag(value: unknown): boolean {
  return FLAGS.some((flag) => flag === value);
}

function isGroup(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length > 0 && entries.length <= MOST_FIELDS && entries.flat().every(isText);
}

/** Which suppressions. */
export class SuppressionQuery {
  @Parameter({ enum: FLAGS, description: 'true: those in force alone' }, must('true or false', isFlag))
  readonly active?: 'true' | 'false';

  @Parameter(
    { type: String, description: 'nextCursor of the page before' },
    must('the nextCursor of the page before', (value) => parseCursor(value) !== undefined),
  )
  readonly cursor?: string;
}

/** The body of `POST /audit/suppressions`. */
export class SuppressionDto {
  @ApiPropertyOptional({ format: 'uuid', description: 'Suppresses the rule and the group of this alert' })
  @IsOptional()
  @IsUUID()
  readonly alertId?: string;

  @ApiPropertyOptional({ example: 'brute_force', description: 'Suppresses this rule, without alertId' })
  @IsOptional()
  @Must('the name of a rule', isText)
  readonly rule?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'With rule: only alerts whose group has these values',
  })
  @IsOptional()
  @Must(`an object of 1 to ${MOST_FIELDS} fields, each a text of 1 to 512 characters`, isGroup)
  readonly group?: Readonly<Record<string, string>>;

  @ApiPropertyOptional({ description: 'With rule: only alerts of this tenant' })
  @IsOptional()
  @Must('a text of 1 to 512 characters', isText)
  readonly tenantId?: string;

  @ApiProperty({ example: '2026-11-22T06:00:00Z', description: 'When it ends, within 366 days' })
  @Must('a day or an RFC 3339 time, such as 2026-11-20 or 2026-11-20T08:00:00Z', isTime)
  readonly until!: string;

  @ApiProperty({ description: 'Why' })
  @IsProse(MOST_CHARACTERS)
  readonly reason!: string;
}

/** The body of `POST /audit/suppressions/:id/end`. */
export class EndSuppressionDto {
  @ApiProperty({ description: 'Why' })
  @IsProse(MOST_CHARACTERS)
  readonly reason!: string;
}

/** A suppression. For the API's description only. */
export class SuppressionView {
  @ApiProperty({ format: 'uuid', description: 'Of the event that started it' })
  readonly id!: string;
  @ApiProperty({ description: 'Whether it is neither ended nor over' })
  readonly isActive!: boolean;
  @ApiProperty()
  readonly rule!: string;
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  readonly group?: Record<string, string>;
  @ApiPropertyOptional()
  readonly tenantId?: string;
  @ApiProperty({ format: 'date-time' })
  readonly until!: string;
  @ApiPropertyOptional()
  readonly reason?: string;
  @ApiProperty({ format: 'date-time' })
  readonly startedAt!: string;
  @ApiProperty({ type: AlertActorView })
  readonly startedBy!: AlertActorView;
  @ApiPropertyOptional({ format: 'date-time', description: 'Where somebody ended it before' })
  readonly endedAt?: string;
  @ApiPropertyOptional({ type: AlertActorView })
  readonly endedBy?: AlertActorView;
  @ApiPropertyOptional()
  readonly endReason?: string;
  @ApiProperty({ description: 'How many alerts it kept from being raised' })
  readonly suppressed!: number;
}

/** A page of suppressions. For the API's description only. */
export class SuppressionPageView {
  @ApiProperty({ type: [SuppressionView] })
  readonly items!: SuppressionView[];
  @ApiProperty({ type: String, nullable: true, description: 'Of the next page; null on the last one' })
  readonly nextCursor!: string | null;
}
