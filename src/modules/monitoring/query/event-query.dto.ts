import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  NotContains,
  Validate,
} from 'class-validator';
import { OUTCOMES, SEVERITIES, type AuditOutcome, type AuditSeverity } from '../../../audit/index.js';
import { IsCursor, IsIpOrRange } from './query-constraints.js';

/** A text filter: equal to the value. */
function TextFilter(description: string): PropertyDecorator {
  return (target, name) => {
    for (const decorate of [
      ApiPropertyOptional({ description }),
      IsOptional(),
      IsString(),
      NotContains('\0'),
      MaxLength(512),
    ]) {
      decorate(target, name); // class-validator knows no symbols, and no property here is one
    }
  };
}

/** The query of `GET /audit/events`: every given filter must hold. */
export class EventQuery {
  @ApiPropertyOptional({ description: 'Event type, or an alias of it' })
  @IsOptional()
  @Matches(/^[a-z][a-z0-9_.:-]{0,160}$/, { message: 'type must be an event type, such as user_login_failed' })
  readonly type?: string;

  @TextFilter('Action')
  readonly action?: string;

  @ApiPropertyOptional({ enum: OUTCOMES })
  @IsOptional()
  @IsIn(OUTCOMES)
  readonly outcome?: AuditOutcome;

  @TextFilter('Category')
  readonly category?: string;

  @ApiPropertyOptional({ enum: SEVERITIES })
  @IsOptional()
  @IsIn(SEVERITIES)
  readonly severity?: AuditSeverity;

  @TextFilter('Id of the actor')
  readonly actorId?: string;

  @TextFilter('Id of the tenant')
  readonly tenantId?: string;

  @TextFilter('Type of the resource')
  readonly resourceType?: string;

  @TextFilter('Id of the resource')
  readonly resourceId?: string;

  @TextFilter('Id of the request')
  readonly requestId?: string;

  @ApiPropertyOptional({ description: 'IP address, or a range such as 10.0.0.0/8' })
  @IsOptional()
  @Validate(IsIpOrRange)
  readonly ip?: string;

  @ApiPropertyOptional({ description: 'RFC 3339 time, inclusive' })
  @IsOptional()
  @IsISO8601({ strict: true })
  readonly from?: string;

  @ApiPropertyOptional({ description: 'RFC 3339 time, exclusive' })
  @IsOptional()
  @IsISO8601({ strict: true })
  readonly to?: string;

  @ApiPropertyOptional({ minimum: 1, maximum: 200, default: 50 })
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && value.trim() !== '' ? Number(value) : value,
  )
  @IsInt()
  @Min(1)
  @Max(200)
  readonly limit: number = 50;

  @ApiPropertyOptional({ description: 'nextCursor of the page before' })
  @IsOptional()
  @Validate(IsCursor)
  readonly cursor?: string;
}
