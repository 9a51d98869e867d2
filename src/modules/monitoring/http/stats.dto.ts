import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** One step of time. For the API's description only. */
export class StatsStepView {
  @ApiProperty({ format: 'date-time' })
  readonly start!: string;
  @ApiProperty()
  readonly count!: number;
}

/** The events with one value. For the API's description only. */
export class StatsGroupView {
  @ApiProperty({ type: String, nullable: true, example: 'user_login_failed' })
  readonly value!: string | null;
  @ApiPropertyOptional({
    description: "By actorId, of events without: the actor's name, or the user name that was tried",
  })
  readonly name?: string;
  @ApiProperty()
  readonly count!: number;
  @ApiProperty({ format: 'date-time', description: 'When the first of them happened' })
  readonly first!: string;
  @ApiProperty({ format: 'date-time', description: 'When the last of them happened' })
  readonly last!: string;
  @ApiPropertyOptional({ type: [StatsStepView], description: 'Oldest first, without those that had none' })
  readonly steps?: StatsStepView[];
}

/** Counts of events. For the API's description only. */
export class EventStatsView {
  @ApiProperty({ format: 'date-time' })
  readonly from!: string;
  @ApiProperty({ format: 'date-time' })
  readonly to!: string;
  @ApiProperty({ example: 'type' })
  readonly by!: string;
  @ApiProperty({ type: String, nullable: true, example: 'day' })
  readonly interval!: string | null;
  @ApiProperty()
  readonly total!: number;
  @ApiProperty({ type: [StatsGroupView], description: 'The largest first' })
  readonly groups!: StatsGroupView[];
  @ApiProperty({ description: 'How many are in no group that is shown' })
  readonly others!: number;
  @ApiPropertyOptional({
    type: 'object',
    properties: { included: { type: 'boolean' }, months: { type: 'array', items: { type: 'string' } } },
    description: 'Where events of the range were retired, and so are not counted',
  })
  readonly archived?: object;
}
