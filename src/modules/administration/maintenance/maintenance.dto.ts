import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, Matches } from 'class-validator';

const MESSAGE = /^[^\p{Cc}\p{Cs}]{1,500}$/u;

/** Whether the application is to be under maintenance. */
export class SwitchMaintenanceDto {
  @ApiProperty()
  @IsBoolean()
  declare readonly enabled: boolean;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Back at noon', maxLength: 500 })
  @IsOptional()
  @Matches(MESSAGE, { message: 'message must be 1 to 500 characters, without control characters' })
  declare readonly message?: string | null;
}

/** Whether the application is under maintenance, and what callers are told meanwhile. */
export class MaintenanceView {
  @ApiProperty()
  declare readonly enabled: boolean;

  @ApiProperty({ type: String, nullable: true, example: 'Back at noon' })
  declare readonly message: string | null;
}
