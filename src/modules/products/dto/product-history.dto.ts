import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ACTOR_TYPES, OUTCOMES, type AuditChanges } from '../../../audit/index.js';

/** Who did it. */
export class HistoryActor {
  @ApiProperty({ enum: ACTOR_TYPES })
  declare readonly type: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  declare readonly id: string | null;
}

/** Something that happened to a product, or was tried on it. */
export class HistoryItem {
  /** The event's id. */
  @ApiProperty({ format: 'uuid' })
  declare readonly id: string;

  /** RFC 3339, UTC, milliseconds. */
  @ApiProperty({ format: 'date-time' })
  declare readonly occurredAt: string;

  @ApiProperty({ example: 'price_changed' })
  declare readonly type: string;

  @ApiProperty({ enum: OUTCOMES })
  declare readonly outcome: string;

  @ApiProperty({ type: HistoryActor })
  declare readonly actor: Readonly<HistoryActor>;

  /** Why it failed; `null` when nothing was said. */
  @ApiProperty({ type: String, nullable: true })
  declare readonly reason: string | null;

  /** What was before and after; `null` when nothing changed. */
  @ApiProperty({ type: Object, additionalProperties: true, nullable: true })
  declare readonly changes: AuditChanges | null;
}

/** A product's history, newest first. */
export class ProductHistory {
  @ApiProperty({ type: [HistoryItem] })
  declare readonly items: readonly Readonly<HistoryItem>[];
}
