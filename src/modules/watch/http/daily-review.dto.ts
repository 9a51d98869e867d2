import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { Must } from '../../monitoring/http/must.decorator.js';
import { isText } from '../../monitoring/query/query-values.js';
import { REVIEW_SECTIONS } from '../review/review-sections.js';
import { MOST_CHARACTERS } from '../review/take-step.js';
import { ALERT_STATES } from '../alerts/alert.js';
import { LEVELS } from '../rules/rule.js';
import { EventView } from '../../monitoring/http/event.dto.js';
import { IsProse } from '../../monitoring/http/is-prose.decorator.js';

/** The body of `POST /audit/reviews/:day/sign-off`. */
export class SignOffDto {
  @ApiPropertyOptional({ description: `At most ${MOST_CHARACTERS} characters` })
  @IsOptional()
  @IsProse(MOST_CHARACTERS)
  readonly comment?: string;

  @ApiPropertyOptional({ description: 'Whose events it is about; default: your only tenant, or all events' })
  @IsOptional()
  @Must('a text of 1 to 512 characters', isText)
  readonly tenantId?: string;
}

/** The body of `POST /audit/reviews/:day/comment`. */
export class CommentDto {
  @ApiProperty({ description: `At most ${MOST_CHARACTERS} characters` })
  @IsProse(MOST_CHARACTERS)
  readonly comment!: string;

  @ApiPropertyOptional({ description: 'Whose events it is about; default: your only tenant, or all events' })
  @IsOptional()
  @Must('a text of 1 to 512 characters', isText)
  readonly tenantId?: string;
}

/** Somebody of a review. For the API's description only. */
class ReviewActorView {
  @ApiProperty({ example: 'user' })
  readonly type!: string;
  @ApiPropertyOptional({ description: 'Absent once the person is erased' })
  readonly id?: string;
  @ApiPropertyOptional()
  readonly name?: string;
  @ApiPropertyOptional({ description: 'The person was erased' })
  readonly erased?: boolean;
}

/** A comment or a sign-off. For the API's description only. */
export class ReviewStepView {
  @ApiProperty({ format: 'uuid', description: 'Of the event that it is' })
  readonly id!: string;
  @ApiProperty({ enum: ['comment', 'sign_off'] })
  readonly kind!: string;
  @ApiProperty({ format: 'date-time' })
  readonly at!: string;
  @ApiProperty({ type: ReviewActorView })
  readonly by!: ReviewActorView;
  @ApiProperty({ example: '2026-11-20' })
  readonly day!: string;
  @ApiPropertyOptional({ description: 'Whose events it is about; absent: all' })
  readonly tenantId?: string;
  @ApiPropertyOptional({ description: 'Absent once the person is erased' })
  readonly comment?: string;
  @ApiPropertyOptional({ description: 'Its place, once it is sealed' })
  readonly index?: number;
}

/** The review of a day. For the API's description only. */
class DailyReviewView {
  @ApiProperty({ example: '2026-11-20' })
  readonly day!: string;
  @ApiProperty({ example: 'UTC' })
  readonly timeZone!: string;
  @ApiProperty({ format: 'date-time' })
  readonly from!: string;
  @ApiProperty({ format: 'date-time' })
  readonly to!: string;
  @ApiProperty({ description: 'The first place that was sealed on the day' })
  readonly firstPlace!: number;
  @ApiProperty({
    description: 'The size of the last checkpoint of the day: only events with a lower place belong to it',
  })
  readonly checkpointSize!: number;
  @ApiProperty({ description: 'The root of that checkpoint, base64' })
  readonly root!: string;
  @ApiProperty({ description: 'Of the sample: the first 32 hex digits of SHA-256 of the root, a blank and the day' })
  readonly seed!: string;
  @ApiProperty()
  readonly sampleSize!: number;
  @ApiProperty({ description: 'Whether nobody may sign off a day in which they acted' })
  readonly fourEyes!: boolean;
  @ApiProperty()
  readonly alertAfterDays!: number;
  @ApiProperty({ type: [String], description: 'The rules that ran' })
  readonly rules!: string[];
  @ApiPropertyOptional({ description: 'The place up to which they had looked; absent where no rules ran' })
  readonly watchedTo?: number;
  @ApiProperty({ format: 'uuid', description: 'Of the event that opened it' })
  readonly eventId!: string;
  @ApiProperty({ format: 'date-time' })
  readonly openedAt!: string;
  @ApiProperty({ enum: ['open', 'overdue', 'signed_off'] })
  readonly state!: string;
  @ApiProperty({ type: [ReviewStepView] })
  readonly steps!: ReviewStepView[];
}

/** The newest reviews. For the API's description only. */
export class DailyReviewList {
  @ApiProperty({ type: [DailyReviewView] })
  readonly items!: DailyReviewView[];
}

/** Events that are alike. For the API's description only. */
class ReviewRowView {
  @ApiProperty({ description: 'The event type; of an alert, its rule' })
  readonly label!: string;
  @ApiProperty({ type: ReviewActorView })
  readonly actor!: ReviewActorView;
  @ApiProperty()
  readonly count!: number;
  @ApiProperty()
  readonly firstPlace!: number;
  @ApiProperty()
  readonly lastPlace!: number;
  @ApiProperty({ format: 'uuid', description: 'Of the first one' })
  readonly eventId!: string;
}

/** A part of a review. For the API's description only. */
class ReviewSectionView {
  @ApiProperty({ enum: REVIEW_SECTIONS })
  readonly name!: string;
  @ApiProperty()
  readonly total!: number;
  @ApiProperty({ type: [ReviewRowView], description: 'The most frequent first, at most 50' })
  readonly rows!: ReviewRowView[];
  @ApiProperty()
  readonly rowTotal!: number;
}

/** An alert of the day. For the API's description only. */
class ReviewAlertView {
  @ApiProperty({ format: 'uuid', description: 'Of the event that raised it' })
  readonly id!: string;
  @ApiProperty({ enum: ALERT_STATES, description: 'What was done about it until now' })
  readonly state!: string;
  @ApiProperty({ example: 'brute_force' })
  readonly rule!: string;
  @ApiProperty()
  readonly title!: string;
  @ApiProperty({ enum: LEVELS })
  readonly level!: string;
  @ApiProperty({ format: 'date-time' })
  readonly raisedAt!: string;
  @ApiPropertyOptional()
  readonly tenantId?: string;
}

/** The sample of a day. For the API's description only. */
class ReviewSampleView {
  @ApiProperty()
  readonly seed!: string;
  @ApiProperty({ example: 'sha256-seed-id' })
  readonly algorithm!: string;
  @ApiProperty({ description: 'How many events were drawn from' })
  readonly population!: number;
  @ApiProperty({ type: [EventView] })
  readonly items!: EventView[];
}

/** The review of a day with what has to be looked at. For the API's description only. */
export class ReviewPageView extends DailyReviewView {
  @ApiProperty({ description: 'How many of its places hold an event that you may see' })
  readonly events!: number;
  @ApiProperty({ type: [ReviewSectionView] })
  readonly sections!: ReviewSectionView[];
  @ApiProperty({ type: [ReviewAlertView], description: 'The newest 200 alerts of the day' })
  readonly alerts!: ReviewAlertView[];
  @ApiProperty({ type: ReviewSampleView })
  readonly sample!: ReviewSampleView;
}
