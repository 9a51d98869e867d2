import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';

/** Which page of a list, newest first. */
export class PageQuery {
  @ApiPropertyOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  readonly limit: number = 50;

  /** Id of the last entry of the page before: the list continues with older ones. */
  @IsOptional()
  @IsUUID()
  declare readonly before?: string;
}

/** Who did something. */
export class LoggedActor {
  declare readonly type: string;
  declare readonly id: string | null;
}

/** Something that happened, as a feature's own log has it. */
export class LoggedEvent {
  /** The id of the audit event. */
  declare readonly id: string;
  declare readonly occurredAt: Date;
  declare readonly type: string;
  declare readonly outcome: string;
  /** Why it failed or was done; `null` when nothing was said. */
  declare readonly reason: string | null;
}
