import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ACTOR_TYPES, OUTCOMES, type JsonObject } from '../../../audit/index.js';

/** Who did it. */
export class TimelineActor {
  @ApiProperty({ enum: ACTOR_TYPES })
  declare readonly type: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  declare readonly id: string | null;
}

/** Something that happened to an order, or was tried on it. */
export class TimelineItem {
  /** The event's id. */
  @ApiProperty({ format: 'uuid' })
  declare readonly id: string;

  /** RFC 3339, UTC, milliseconds. */
  @ApiProperty({ format: 'date-time' })
  declare readonly occurredAt: string;

  @ApiProperty({ example: 'order_created' })
  declare readonly type: string;

  @ApiProperty({ enum: OUTCOMES })
  declare readonly outcome: string;

  @ApiProperty({ type: TimelineActor })
  declare readonly actor: Readonly<TimelineActor>;

  /** Why it failed or was done; `null` when nothing was said. */
  @ApiProperty({ type: String, nullable: true })
  declare readonly reason: string | null;

  @ApiProperty({ type: Object, additionalProperties: true })
  declare readonly details: JsonObject;
}

/** An order's timeline, oldest first. */
export class OrderTimeline {
  @ApiProperty({ type: [TimelineItem] })
  declare readonly items: readonly Readonly<TimelineItem>[];
}
