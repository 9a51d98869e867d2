import { ApiProperty } from '@nestjs/swagger';
import { OUTCOMES, type JsonObject } from '../../../audit/index.js';

/** Something that somebody administered, or tried to. */
export class AdminLogItem {
  /** The event's id. */
  @ApiProperty({ format: 'uuid' })
  declare readonly id: string;

  /** RFC 3339, UTC, milliseconds. */
  @ApiProperty({ format: 'date-time' })
  declare readonly occurredAt: string;

  /** Who did it or tried to: an administrator, unless the outcome is `denied`. */
  @ApiProperty()
  declare readonly adminUserId: string;

  @ApiProperty({ example: 'role_assignment' })
  declare readonly action: string;

  @ApiProperty({ enum: OUTCOMES })
  declare readonly outcome: string;

  @ApiProperty({ type: String, nullable: true, example: 'user' })
  declare readonly targetType: string | null;

  @ApiProperty({ type: String, nullable: true })
  declare readonly targetId: string | null;

  @ApiProperty({ type: Object, additionalProperties: true })
  declare readonly details: JsonObject;

  @ApiProperty({ type: String, nullable: true, example: '203.0.113.7' })
  declare readonly ipAddress: string | null;

  @ApiProperty({ type: String, nullable: true })
  declare readonly userAgent: string | null;

  @ApiProperty({ type: String, nullable: true })
  declare readonly requestId: string | null;
}

/** The administrators' log, newest first. */
export class AdminLog {
  @ApiProperty({ type: [AdminLogItem] })
  declare readonly items: readonly Readonly<AdminLogItem>[];
}
