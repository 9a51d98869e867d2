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
