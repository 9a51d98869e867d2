import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';

/** Chooses one page of a list whose newest entries come first. */
export class PageQuery {
  @ApiPropertyOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  readonly limit: number = 50;

  /** Id of the last entry of the previous page. The page begins with the next older entry. */
  @IsOptional()
  @IsUUID()
  declare readonly before?: string;
}

export class LoggedActor {
  declare readonly type: string;
  declare readonly id: string | null;
}

/** An event in a log that a feature of the application shows. */
export class LoggedEvent {
  /** The id of the audit event. */
  declare readonly id: string;
  declare readonly occurredAt: Date;
  declare readonly type: string;
  declare readonly outcome: string;
  /** The reason for the failure or the action; `null` if no reason was given. */
  declare readonly reason: string | null;
}
