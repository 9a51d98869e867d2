import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** How an overview was estimated. For the API's description only. */
class OverviewEstimateView {
  @ApiProperty({ description: 'How many events were counted for it' })
  readonly sampled!: number;
  @ApiProperty({
    description: "The share of the table's blocks that was read, from 0 to 1; 0 where even that took too long",
  })
  readonly share!: number;
  @ApiProperty({ description: 'total is that near, with 95 % confidence' })
  readonly margin!: number;
}

/** One step of time. For the API's description only. */
class OverviewStepView {
  @ApiProperty({ format: 'date-time' })
  readonly start!: string;
  @ApiProperty({ format: 'date-time', description: 'Exclusive' })
  readonly end!: string;
  @ApiProperty()
  readonly count!: number;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'number' }, example: { success: 4, denied: 1 } })
  readonly outcomes!: object;
}

/** Events over time. For the API's description only. */
class HistogramView {
  @ApiProperty({ example: 'Europe/Rome' })
  readonly timeZone!: string;
  @ApiProperty({ example: '1d' })
  readonly step!: string;
  @ApiProperty({ type: [OverviewStepView], description: 'The oldest first, also those without events' })
  readonly steps!: OverviewStepView[];
}

/** Counts of events by several fields, and over time. For the API's description only. */
export class EventOverviewView {
  @ApiProperty({ format: 'date-time' })
  readonly from!: string;
  @ApiProperty({ format: 'date-time' })
  readonly to!: string;
  @ApiProperty()
  readonly total!: number;
  @ApiPropertyOptional({ type: OverviewEstimateView, description: 'Absent: every number is exact' })
  readonly estimate?: OverviewEstimateView;
  @ApiProperty({ type: HistogramView })
  readonly histogram!: HistogramView;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'By each of by: the largest groups, and how many events are in others',
    example: { outcome: { groups: [{ value: 'success', count: 47 }], others: 0 } },
  })
  readonly counts!: object;
  @ApiPropertyOptional({
    type: 'object',
    properties: { included: { type: 'boolean' }, months: { type: 'array', items: { type: 'string' } } },
    description: 'Where events of the range were retired, and so are not counted',
  })
  readonly archived?: object;
}

/** A filter. For the API's description only. */
class ListedFilterView {
  @ApiProperty({ example: 'outcome' })
  readonly name!: string;
  @ApiProperty({ example: 'word' })
  readonly kind!: string;
  @ApiProperty({ example: 'Outcome' })
  readonly says!: string;
  @ApiProperty({ type: [String], example: ['is', 'eq', 'ne', 'exists'] })
  readonly operators!: string[];
  @ApiProperty({ description: 'Whether a * at the end of a value matches everything that begins so' })
  readonly beginsWith!: boolean;
  @ApiPropertyOptional({ type: [String], description: 'The only values' })
  readonly words?: string[];
  @ApiProperty({ description: 'Whether GET /audit/values has values of it' })
  readonly completes!: boolean;
}

/** Every filter of events. For the API's description only. */
export class FilterListView {
  @ApiProperty({ type: [ListedFilterView] })
  readonly filters!: ListedFilterView[];
}

/** A value of a field. For the API's description only. */
class FieldValueView {
  @ApiProperty({ example: 'u-1' })
  readonly value!: string;
  @ApiPropertyOptional({ example: 'Ada' })
  readonly name?: string;
  @ApiProperty({ description: 'How many of the newest 20,000 events have it' })
  readonly count!: number;
}

/** Values of a field that begin so. For the API's description only. */
export class FieldValuesView {
  @ApiProperty({ example: 'actorId' })
  readonly field!: string;
  @ApiProperty({ type: [FieldValueView], description: 'The most frequent first' })
  readonly values!: FieldValueView[];
  @ApiProperty({ description: 'false: there may be more' })
  readonly isWhole!: boolean;
}
