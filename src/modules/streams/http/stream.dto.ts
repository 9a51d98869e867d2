import { ApiProperty, ApiPropertyOptional, IntersectionType, OmitType, PartialType } from '@nestjs/swagger';
import {
  Allow,
  IsArray,
  IsBoolean,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  NotContains,
} from 'class-validator';

/** The body of every change of a stream that needs no more. */
export class StreamChangeDto {
  @ApiPropertyOptional({ description: 'Why, for the event' })
  @IsOptional()
  @IsString()
  @NotContains('\0')
  @Length(1, 1_000)
  readonly reason?: string;
}

/** Options of a stream. Their values are validated as the application's are. */
class StreamOptionsDto extends StreamChangeDto {
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'As in the option `streams`' })
  @Allow()
  readonly destination!: object;

  @ApiProperty({ enum: ['include', 'pseudonym', 'omit'] })
  @Allow()
  readonly personal!: string;

  @ApiPropertyOptional({ description: '32 characters or more; for `pseudonym`' })
  @Allow()
  readonly pseudonymKey?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @Allow()
  readonly filter?: object;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @Allow()
  readonly access?: object;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @Allow()
  readonly batch?: object;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @Allow()
  readonly rate?: object;

  @ApiPropertyOptional()
  @Allow()
  readonly keepsEvents?: boolean;
}

/** Which events a dry run maps. */
export class DryRunEventsDto {
  @ApiPropertyOptional({ description: 'How many events: 1 to 100', default: 10 })
  @IsOptional()
  @IsInt()
  readonly last?: number;

  @ApiPropertyOptional({
    description: 'A place, or an RFC 3339 time',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  })
  @Allow()
  readonly from?: number | string;

  @ApiPropertyOptional({
    description: 'The last place, or an RFC 3339 time',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  })
  @Allow()
  readonly to?: number | string;

  @ApiPropertyOptional({ type: [String], format: 'uuid', description: 'Instead: the events, at most 100' })
  @IsOptional()
  @IsUUID(undefined, { each: true })
  readonly eventIds?: string[];
}

/** The body of `POST /audit/streams/dry-run`: the options of a stream, and which events. */
export class DryRunDto extends IntersectionType(OmitType(StreamOptionsDto, ['reason']), DryRunEventsDto) {
  @ApiPropertyOptional({ description: 'Small letters, digits and hyphens', default: 'dry-run' })
  @Allow()
  readonly name?: string;
}

/** What a stream would send. For the API's description only. */
export class DryRunView {
  @ApiProperty()
  readonly destination!: string;
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: { type: 'integer' } })
  readonly places!: object | null;
  @ApiProperty()
  readonly events!: number;
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  readonly messages!: object[];
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true })
  readonly refused!: object | null;
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  readonly leftOut!: object[];
}

/** The body of `POST /audit/streams`. */
export class StreamDto extends StreamOptionsDto {
  @ApiProperty({ description: 'Small letters, digits and hyphens' })
  @Allow()
  readonly name!: string;

  @ApiPropertyOptional({ enum: ['beginning', 'now'] })
  @Allow()
  readonly from?: string;

  @ApiPropertyOptional({ description: 'Whether it is added as paused, so that you can test it first' })
  @IsOptional()
  @IsBoolean()
  readonly paused?: boolean;
}

/** The body of `PATCH /audit/streams/:name`. `null` gives an option its default. */
export class StreamChangesDto extends PartialType(StreamOptionsDto) {}

/** The body of `POST /audit/streams/:name/resume`. */
export class ResumeStreamDto extends StreamChangeDto {
  @ApiPropertyOptional({
    description: 'A place, or an RFC 3339 time',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  })
  @Allow()
  readonly from?: number | string;
}

/** The body of `POST /audit/streams/:name/replay`. */
export class ReplayStreamDto extends ResumeStreamDto {
  @ApiPropertyOptional({
    description: 'The last place, or an RFC 3339 time',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  })
  @Allow()
  readonly to?: number | string;
}

/** The body of `POST /audit/streams/:name/retry` and `drop`. */
export class SettleStreamDto extends StreamChangeDto {
  @ApiPropertyOptional({ type: [Number], description: 'Places of parked events. Default: all of the stream' })
  @IsOptional()
  @IsArray()
  @IsInt({ each: true })
  readonly places?: number[];
}

/** The body of `POST /audit/streams/:name/rotate-secret`. */
export class RotateSecretDto extends StreamChangeDto {
  @ApiProperty({ description: '`whsec_` and the base64 of 24 to 64 random bytes' })
  @IsString()
  readonly secret!: string;

  @ApiPropertyOptional({ description: 'For how many days requests are signed with the older secret, too', default: 7 })
  @IsOptional()
  @IsNumber()
  readonly graceDays?: number;
}

/** Places of events. For the API's description only. */
export class SettledView {
  @ApiProperty({ type: [Number] })
  readonly places!: number[];
}

/** A replay that was begun. For the API's description only. */
export class BegunReplayView {
  @ApiProperty()
  readonly replay!: string;
  @ApiProperty()
  readonly first!: number;
  @ApiProperty()
  readonly last!: number;
}

/** What a destination answered. For the API's description only. */
export class TestAnswerView {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;
  @ApiProperty({ enum: ['accepted', 'retry', 'refused', 'gone', 'unanswered'] })
  readonly outcome!: string;
  @ApiPropertyOptional()
  readonly reason?: string;
}

/** When an older secret is dropped. For the API's description only. */
export class RotatedView {
  @ApiProperty({ format: 'date-time' })
  readonly oldSecretUntil!: string;
}

/** A stream, and how it is. For the API's description only. */
export class StreamView {
  @ApiProperty()
  readonly name!: string;
  @ApiProperty({ enum: ['options', 'stored'] })
  readonly source!: string;
  @ApiProperty({ enum: ['active', 'paused', 'gone'] })
  readonly state!: string;
  @ApiProperty({ nullable: true, type: String })
  readonly reason!: string | null;
  @ApiProperty()
  readonly destination!: string;
  @ApiProperty({ enum: ['none', 'received', 'stored', 'indexed'] })
  readonly acknowledgement!: string;
  @ApiProperty({ type: 'object', additionalProperties: true })
  readonly access!: object;
  @ApiProperty({ description: 'The first place that it has not passed' })
  readonly position!: number;
  @ApiProperty()
  readonly lagEvents!: number;
  @ApiProperty()
  readonly lagSeconds!: number;
  @ApiProperty()
  readonly sentEvents!: number;
  @ApiProperty()
  readonly sentBatches!: number;
  @ApiProperty({ nullable: true, type: String })
  readonly lastSentAt!: string | null;
  @ApiProperty()
  readonly failures!: number;
  @ApiProperty({ nullable: true, type: String })
  readonly lastError!: string | null;
  @ApiProperty()
  readonly parked!: number;
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  readonly replays!: object[];
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true, description: 'Without secrets' })
  readonly options!: object | null;
  @ApiProperty({ nullable: true, type: String, description: 'Which key encrypts its secrets' })
  readonly secretsKeyId!: string | null;
  @ApiProperty({ nullable: true, type: String, format: 'date-time' })
  readonly oldSecretUntil!: string | null;
}

/** Streams. For the API's description only. */
export class StreamList {
  @ApiProperty({ type: [StreamView] })
  readonly items!: StreamView[];
}
