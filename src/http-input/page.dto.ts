import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';

/** A page of a list, newest first. */
export class PageQuery {
  @ApiPropertyOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  readonly limit: number = 50;

  /** Id of the last entry of the previous page: the list continues with older entries. */
  @IsOptional()
  @IsUUID()
  declare readonly before?: string;
}

/** Who did something. */
export class LoggedActor {
  declare readonly type: string;
  declare readonly id: string | null;
}

/** An event in a feature's own log. */
export class LoggedEvent {
  /** The id of the audit event. */
  declare readonly id: string;
  declare readonly occurredAt: Date;
  declare readonly type: string;
  declare readonly outcome: string;
  /** The reason of the failure or the action; `null` if it is not given. */
  declare readonly reason: string | null;
}
