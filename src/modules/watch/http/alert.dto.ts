import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { MOST_CHARACTERS } from '../review/take-step.js';
import { ALERT_STATES, VERDICTS, type Verdict } from '../alerts/alert.js';
import { LEVELS } from '../rules/rule.js';
import { EventView } from '../../monitoring/http/event.dto.js';
import { IsProse } from '../../monitoring/http/is-prose.decorator.js';

/** The body of `POST /audit/alerts/:id/acknowledge`. */
export class AcknowledgeDto {
  @ApiPropertyOptional({ description: `At most ${MOST_CHARACTERS} characters` })
  @IsOptional()
  @IsProse(MOST_CHARACTERS)
  readonly comment?: string;
}

/** The body of `POST /audit/alerts/:id/resolve`. */
export class ResolveDto extends AcknowledgeDto {
  @ApiProperty({ enum: VERDICTS, description: 'An attack, a mistake of the rule, or something that is allowed' })
  @IsIn(VERDICTS)
  readonly verdict!: Verdict;
}

/** Who did something to an alert. For the API's description only. */
export class AlertActorView {
  @ApiProperty({ example: 'user' })
  readonly type!: string;
  @ApiPropertyOptional({ description: 'Absent where the person was erased' })
  readonly id?: string;
  @ApiPropertyOptional()
  readonly name?: string;
}

/** That somebody acknowledged an alert. For the API's description only. */
class AcknowledgementView {
  @ApiProperty({ format: 'uuid', description: 'Of the event that it is' })
  readonly eventId!: string;
  @ApiProperty({ format: 'date-time' })
  readonly at!: string;
  @ApiProperty({ type: AlertActorView })
  readonly by!: AlertActorView;
  @ApiPropertyOptional()
  readonly comment?: string;
}

/** That somebody resolved an alert. For the API's description only. */
class ResolutionView extends AcknowledgementView {
  @ApiProperty({ enum: VERDICTS })
  readonly verdict!: string;
}

/** An alert. For the API's description only. */
class AlertView {
  @ApiProperty({ format: 'uuid', description: 'Of the event that raised it' })
  readonly id!: string;
  @ApiProperty({ enum: ALERT_STATES })
  readonly state!: string;
  @ApiProperty({ example: 'brute_force' })
  readonly rule!: string;
  @ApiProperty()
  readonly title!: string;
  @ApiProperty({ enum: LEVELS })
  readonly level!: string;
  @ApiPropertyOptional()
  readonly tenantId?: string;
  @ApiProperty({ format: 'date-time' })
  readonly raisedAt!: string;
  @ApiPropertyOptional({ format: 'date-time', description: 'When the first matched event happened' })
  readonly firstAt?: string;
  @ApiPropertyOptional({ format: 'date-time', description: 'When the last matched event happened' })
  readonly lastAt?: string;
  @ApiProperty({ description: 'How many events matched' })
  readonly matchedCount!: number;
  @ApiProperty({ type: [String], description: 'The ids of the last of them, at most 100' })
  readonly matched!: string[];
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'What the events have in common, by field; absent after an erasure',
  })
  readonly group?: Record<string, string>;
  @ApiPropertyOptional({ format: 'uuid', description: 'Of a suppressed one: what suppressed it' })
  readonly suppressionId?: string;
  @ApiPropertyOptional({ type: AcknowledgementView })
  readonly acknowledged?: AcknowledgementView;
  @ApiPropertyOptional({ type: ResolutionView })
  readonly resolved?: ResolutionView;
  @ApiPropertyOptional({ description: 'The place of its event, once it is sealed' })
  readonly index?: number;
}

/** A page of alerts. For the API's description only. */
export class AlertPageView {
  @ApiProperty({ type: [AlertView] })
  readonly items!: AlertView[];
  @ApiProperty({ type: String, nullable: true, description: 'Of the next page; null on the last one' })
  readonly nextCursor!: string | null;
}

/** An alert with its events. For the API's description only. */
export class AlertWithEventsView extends AlertView {
  @ApiProperty({ type: [EventView], description: 'The oldest first; what was retired since is missing' })
  readonly events!: EventView[];
}

/** An alert after somebody answered it. For the API's description only. */
export class AnsweredAlertView extends AlertView {
  @ApiProperty({ description: 'false: somebody had done it already, and nothing was recorded' })
  readonly changed!: boolean;
}
