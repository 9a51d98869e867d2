import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Length, NotContains } from 'class-validator';
import { Must } from './must.decorator.js';
import { isTime } from '../query/query-values.js';

function Text(description: string): PropertyDecorator {
  return (target, name) => {
    for (const decorate of [
      ApiPropertyOptional({ description }),
      IsOptional(),
      IsString(),
      NotContains('\0'),
      Length(1, 512),
    ]) {
      decorate(target, name); // class-validator knows no symbols, and no property here is one
    }
  };
}

function Time(description: string): PropertyDecorator {
  return (target, name) => {
    for (const decorate of [
      ApiPropertyOptional({ description, example: '2026-11-20T08:00:00Z' }),
      IsOptional(),
      Must('a day or an RFC 3339 time, such as 2026-11-20 or 2026-11-20T08:00:00Z', isTime),
    ]) {
      decorate(target, name); // as above
    }
  };
}

/** The body of `POST /audit/holds`. */
export class LegalHoldDto {
  @ApiProperty({ description: 'Why' })
  @IsString()
  @NotContains('\0')
  @Length(1, 1_000)
  readonly reason!: string;

  @Time('When it ends by itself; default: it has to be released')
  readonly until?: string;

  @Text('Holds what is of this tenant')
  readonly tenantId?: string;

  @Text('Holds what this actor did, or was done on behalf of it')
  readonly actorId?: string;

  @Text('Holds what was done to resources of this type')
  readonly resourceType?: string;

  @Text('Only to this one')
  readonly resourceId?: string;

  @Time('Holds what occurred then or later')
  readonly occurredFrom?: string;

  @Time('Holds what occurred before')
  readonly occurredTo?: string;
}

/** The body of `POST /audit/holds/:id/release`. */
export class ReleaseHoldDto {
  @ApiProperty({ description: 'Why' })
  @IsString()
  @NotContains('\0')
  @Length(1, 1_000)
  readonly reason!: string;
}

/** A legal hold as the API shows it. For the API's description only. */
export class LegalHoldView extends LegalHoldDto {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;
  @ApiProperty({ format: 'date-time' })
  readonly placedAt!: string;
  @ApiProperty()
  readonly placedBy!: string;
  @ApiProperty({ description: 'Whether it is neither released nor over' })
  readonly isActive!: boolean;
  @ApiPropertyOptional({ format: 'date-time' })
  readonly releasedAt?: string;
  @ApiPropertyOptional()
  readonly releasedBy?: string;
  @ApiPropertyOptional()
  readonly releaseReason?: string;
}
