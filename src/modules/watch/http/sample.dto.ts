import { ApiProperty } from '@nestjs/swagger';
import { EventView } from '../../monitoring/http/event.dto.js';

/** Events that were drawn by a seed, and what draws them again. For the API's description only. */
export class EventSampleView {
  @ApiProperty({ example: '2026-Q4' })
  readonly seed!: string;
  @ApiProperty()
  readonly size!: number;
  @ApiProperty({ format: 'date-time' })
  readonly from!: string;
  @ApiProperty({ format: 'date-time', description: 'Exclusive' })
  readonly to!: string;
  @ApiProperty({ description: 'Only events with a lower place were drawn from' })
  readonly checkpointSize!: number;
  @ApiProperty({ description: 'How many events were drawn from' })
  readonly population!: number;
  @ApiProperty({ enum: ['sha256-seed-id'] })
  readonly algorithm!: string;
  @ApiProperty({ type: [EventView], description: 'In the order of the draw' })
  readonly items!: EventView[];
}
