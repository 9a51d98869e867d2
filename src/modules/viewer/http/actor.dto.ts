import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { EventFilters } from '../../monitoring/query/event-filters.dto.js';
import { pickParameters } from '../../monitoring/query/query-parameters.js';
import { EventView } from '../../monitoring/http/event.dto.js';
import { LegalHoldView } from '../../monitoring/http/legal-hold.dto.js';

/** The time that an actor's profile is of. */
export class ProfileQuery extends pickParameters(EventFilters, ['from', 'to', 'since'] as const) {}

/** A value that an actor's events have. For the API's description only. */
class SeenValueView {
  @ApiProperty({ example: '203.0.113.7' })
  readonly value!: string;
  @ApiProperty({ format: 'date-time' })
  readonly first!: string;
  @ApiProperty({ format: 'date-time' })
  readonly last!: string;
  @ApiProperty()
  readonly count!: number;
}

/** An erasure of the actor's events. For the API's description only. */
class ProfileErasureView {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;
  @ApiProperty({ example: 'done' })
  readonly state!: string;
  @ApiProperty({ format: 'date-time' })
  readonly requestedAt!: string;
  @ApiPropertyOptional({ format: 'date-time' })
  readonly finishedAt?: string;
  @ApiPropertyOptional({ format: 'uuid' })
  readonly eventId?: string;
}

/** What is known of an actor. For the API's description only. */
export class ActorProfileView {
  @ApiProperty({ example: 'u-1' })
  readonly id!: string;
  @ApiProperty({ type: String, nullable: true, description: 'As last seen' })
  readonly name!: string | null;
  @ApiProperty({ type: [String], example: ['user'] })
  readonly types!: string[];
  @ApiProperty()
  readonly total!: number;
  @ApiProperty({ description: 'false: only the newest 20,000 events were looked at' })
  readonly isWhole!: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly first!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly last!: string | null;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'number' } })
  readonly outcomes!: object;
  @ApiProperty({ type: [SeenValueView], description: 'Those that were seen last come first; at most 50' })
  readonly sessions!: SeenValueView[];
  @ApiProperty({ type: [SeenValueView] })
  readonly ips!: SeenValueView[];
  @ApiProperty({ type: [SeenValueView] })
  readonly userAgents!: SeenValueView[];
  @ApiProperty({ type: [EventView], description: 'What changed what the actor may do, newest first; at most 50' })
  readonly rights!: EventView[];
  @ApiProperty({ type: [LegalHoldView], description: 'Those that name the actor, for readers of everything' })
  readonly holds!: LegalHoldView[];
  @ApiProperty({ type: [ProfileErasureView], description: 'For readers of everything' })
  readonly erasures!: ProfileErasureView[];
}
