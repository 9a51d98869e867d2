import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, IsUUID } from 'class-validator';
import { isTime } from '../../monitoring/query/query-values.js';
import { REVIEW_KINDS, type ReviewKind } from '../review/event-reviews.service.js';
import { MOST_CHARACTERS } from '../review/take-step.js';
import { IsProse } from '../../monitoring/http/is-prose.decorator.js';

const MOST_EVENTS = 100;

/** The body of `POST /audit/reviews`. */
export class ReviewDto {
  @ApiProperty({ enum: REVIEW_KINDS })
  @IsIn(REVIEW_KINDS)
  readonly kind!: ReviewKind;

  @ApiProperty({ type: [String], description: 'The ids of 1 to 100 events' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_EVENTS)
  @IsUUID('all', { each: true })
  readonly events!: string[];

  @ApiPropertyOptional({ description: `At most ${MOST_CHARACTERS} characters` })
  @IsOptional()
  @IsProse(MOST_CHARACTERS)
  readonly comment?: string;
}

/** Whether it is a day. */
export function isDay(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && isTime(value);
}

/** Who reviewed. For the API's description only. */
class ReviewerView {
  @ApiProperty({ example: 'user' })
  readonly type!: string;
  @ApiPropertyOptional()
  readonly id?: string;
  @ApiPropertyOptional()
  readonly name?: string;
}

/** A mark or a comment. For the API's description only. */
class ReviewView {
  @ApiProperty({ format: 'uuid', description: 'Of the event that it is' })
  readonly id!: string;
  @ApiProperty({ enum: REVIEW_KINDS })
  readonly kind!: string;
  @ApiProperty({ format: 'date-time' })
  readonly at!: string;
  @ApiProperty({ type: ReviewerView })
  readonly by!: ReviewerView;
  @ApiPropertyOptional({ format: 'uuid' })
  readonly eventId?: string;
  @ApiPropertyOptional()
  readonly tenantId?: string;
  @ApiPropertyOptional()
  readonly comment?: string;
  @ApiPropertyOptional({ description: 'Its place, once it is sealed' })
  readonly index?: number;
}

/** Reviews, the oldest first. For the API's description only. */
export class ReviewList {
  @ApiProperty({ type: [ReviewView] })
  readonly items!: ReviewView[];
}
