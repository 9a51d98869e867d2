import { z } from 'zod';
import { list, named, time } from '../monitoring/answers/shape.js';
import { EventFilters } from '../monitoring/query/event-filters.dto.js';
import { Parameter, pickParameters } from '../monitoring/query/query-parameters.js';

/** The query for absences: places by their numbers, or by when their events were accepted. */
export class AbsencesQuery extends pickParameters(EventFilters, ['from', 'to', 'since'] as const) {
  @Parameter({ type: Number, minimum: 0, description: 'The first place' })
  readonly first?: number;

  @Parameter({ type: Number, minimum: 0, description: 'The last place; default: the newest' })
  readonly last?: number;
}

/** The act that explains the absence. */
const AbsenceAct = named(
  'AbsenceAct',
  z.object({
    id: z.string().describe('Of the retirement, the erasure or the hold'),
    eventId: z.uuid().exactOptional().describe('The event that says it'),
    at: time.exactOptional(),
    reason: z.string().exactOptional().describe('Of a retirement, its policy; of a hold, why'),
    archive: z.string().exactOptional().describe('The archive that has the events'),
  }),
);
export type AbsenceAct = z.infer<typeof AbsenceAct>;

/** A range of places without an event, or with an erased or a held event. */
const Absence = named(
  'Absence',
  z.object({
    kind: z.enum(['retired', 'erased', 'held', 'missing']),
    first: z.int(),
    last: z.int(),
    count: z.int().describe('How many of the places in between it is of'),
    act: AbsenceAct.exactOptional().describe('Absent for missing places'),
  }),
);
export type Absence = z.infer<typeof Absence>;

export const Absences = named(
  'Absences',
  z.object({
    first: z.int().describe('The first place that was looked at'),
    last: z.int(),
    next: z.int().nullable().describe('Where to look next; null once all was looked at'),
    absences: list(Absence).describe('Ascending'),
  }),
);
export type Absences = z.infer<typeof Absences>;
