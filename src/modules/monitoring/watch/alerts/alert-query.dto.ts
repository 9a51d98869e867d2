import { ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { EventQuery } from '../../query/event-query.dto.js';
import { Must } from '../../query/query-constraints.js';
import { isText } from '../../query/query-values.js';
import { LEVELS, type Level } from '../rules/rule.js';
import { ALERT_STATES } from './alert.js';

/** States that alerts are asked for by; `unresolved`: open or acknowledged. */
const ASKED_STATES = [...ALERT_STATES, 'unresolved'] as const;
export type AskedState = (typeof ASKED_STATES)[number];

function isOneOf(words: readonly string[]): (value: unknown) => boolean {
  return (value) => words.some((word) => word === value);
}

/** Which alerts, and a page of them. */
export class AlertQuery extends PickType(EventQuery, [
  'tenantId',
  'from',
  'to',
  'since',
  'order',
  'limit',
  'cursor',
] as const) {
  @ApiPropertyOptional({
    enum: ASKED_STATES,
    description: 'unresolved: open or acknowledged. Default: all that were not suppressed',
  })
  @IsOptional()
  @Must(`one of ${ASKED_STATES.join(', ')}`, isOneOf(ASKED_STATES))
  readonly state?: AskedState;

  @ApiPropertyOptional({ type: String, description: 'The name of the rule' })
  @IsOptional()
  @Must('a text of 1 to 512 characters', isText)
  readonly rule?: string;

  @ApiPropertyOptional({ enum: LEVELS })
  @IsOptional()
  @Must(`one of ${LEVELS.join(', ')}`, isOneOf(LEVELS))
  readonly level?: Level;
}
