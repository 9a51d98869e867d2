import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { OUTCOMES, type AuditOutcome } from '../../../audit/index.js';

/** Query of `GET /auth/me/security-log`. */
export class SecurityLogQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  readonly limit: number = 50;
}

/** One line of the security log. */
export class SecurityLogItemView {
  @ApiProperty({ format: 'uuid', description: 'The id of the audit event.' })
  readonly id: string = '';

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly occurredAt: string = '';

  @ApiProperty({ example: 'user_login_failed' })
  readonly type: string = '';

  @ApiProperty({ enum: OUTCOMES })
  readonly outcome: AuditOutcome = 'success';

  @ApiProperty({ type: 'string', nullable: true, example: 'invalid_password' })
  readonly reason: string | null = null;

  @ApiProperty({ type: 'string', nullable: true, example: '203.0.113.7' })
  readonly ip: string | null = null;

  @ApiProperty({ type: 'string', nullable: true })
  readonly userAgent: string | null = null;
}

/** Answer of `GET /auth/me/security-log`. */
export class SecurityLogView {
  @ApiProperty({ type: [SecurityLogItemView] })
  readonly items: readonly SecurityLogItemView[] = [];
}
