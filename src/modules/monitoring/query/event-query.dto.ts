import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { parseCursor } from './cursor.js';
import { EventFilters } from './event-filters.dto.js';
import { Must } from './query-constraints.js';

const ORDERS = ['desc', 'asc'] as const;
export type EventOrder = (typeof ORDERS)[number];

const MOST_EVENTS = 200;

/** A page of events: which, in which order, after which. */
export class EventQuery extends EventFilters {
  @ApiPropertyOptional({ enum: ORDERS, default: 'desc', description: 'desc: newest first' })
  @Must('desc, for the newest first, or asc', (value) => value === 'desc' || value === 'asc')
  readonly order: EventOrder = 'desc';

  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: MOST_EVENTS, default: 50 })
  @Must(`a whole number from 1 to ${MOST_EVENTS}`, isLimit)
  readonly limit: number = 50;

  @ApiPropertyOptional({ type: String, description: 'nextCursor of the page before, with the same filters and order' })
  @IsOptional()
  @Must('the nextCursor of the page before', (value) => parseCursor(value) !== undefined)
  readonly cursor?: string;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Whether archives of retired events are asked, too. Needs the package @duckdb/node-api',
  })
  @IsOptional()
  @Must('true or false', (value) => typeof value === 'boolean')
  readonly archived?: boolean;
}

function isLimit(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_EVENTS;
}
