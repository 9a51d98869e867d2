import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, IsUUID } from 'class-validator';
import { Must } from '../query/query-constraints.js';
import { isStorable, isText, isTime } from '../query/query-values.js';
import { REVIEW_KINDS, type ReviewKind } from '../query/reviews/event-reviews.service.js';

const MOST_EVENTS = 100;
const MOST_CHARACTERS = 4_000;

/** The body of `POST /audit/reviews`. */
export class ReviewDto {
  @ApiProperty({ enum: REVIEW_KINDS })
  @IsIn(REVIEW_KINDS)
  readonly kind!: ReviewKind;

  @ApiPropertyOptional({ type: [String], description: 'Of reviewed and comment: ids of 1 to 100 events' })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_EVENTS)
  @IsUUID('all', { each: true })
  readonly events?: string[];

  @ApiPropertyOptional({ example: '2026-11-20', description: 'Of sign_off: a day that is over, in UTC' })
  @IsOptional()
  @Must('a day that is over, such as 2026-11-20', isPastDay)
  readonly day?: string;

  @ApiPropertyOptional({ description: 'Of sign_off: whose events' })
  @IsOptional()
  @Must('a text of 1 to 512 characters', isText)
  readonly tenantId?: string;

  @ApiPropertyOptional({ description: `At most ${MOST_CHARACTERS} characters` })
  @IsOptional()
  @Must(`a text of 1 to ${MOST_CHARACTERS} characters`, isComment)
  readonly comment?: string;
}

function isComment(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && value.length <= MOST_CHARACTERS && isStorable(value);
}

/** Whether it is a day, in UTC, and over. */
function isPastDay(value: unknown): value is string {
  return isDay(value) && value < new Date().toISOString().slice(0, 10);
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

/** A mark, a comment or a sign-off. For the API's description only. */
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
  @ApiPropertyOptional({ example: '2026-11-20' })
  readonly day?: string;
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
