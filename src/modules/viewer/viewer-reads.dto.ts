import { z } from 'zod';
import { list, named, time, word } from '../monitoring/answers/shape.js';
import { EventFilters } from '../monitoring/query/event-filters.dto.js';
import { Parameter, pickParameters, must, RequiredParameter } from '../monitoring/query/query-parameters.js';
import { Erasure } from '../monitoring/lifecycle/erasure/erasure.dto.js';
import { LegalHold } from '../monitoring/lifecycle/holds/legal-hold.dto.js';
import { LedgerEvent } from '../monitoring/query/ledger-event.dto.js';
import { FIELD_NAMES } from '../monitoring/query/field-filters.js';
import { isText } from '../monitoring/query/query-values.js';
import { isStatsBy, type StatsBy } from '../monitoring/query/stats-by.js';

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

/** The query of a profile: its range of time. */
export class ProfileQuery extends pickParameters(EventFilters, ['from', 'to', 'since'] as const) {}

const SeenValue = named(
  'SeenValue',
  z.object({
    value: z.string().meta({ example: '203.0.113.7' }),
    first: time.describe('When it was seen first'),
    last: time,
    count: z.int(),
  }),
);
export type SeenValue = z.infer<typeof SeenValue>;

const ShownErasure = named(
  'ProfileErasure',
  Erasure.pick({ id: true, state: true, requestedAt: true, finishedAt: true, eventId: true }),
);
export type ShownErasure = z.infer<typeof ShownErasure>;

/** An actor's profile, derived from events, with the absences among them. */
export const ActorProfile = named(
  'ActorProfile',
  z.object({
    id: z.string().meta({ example: 'u-1' }),
    name: z.string().nullable().describe('As last seen'),
    types: list(z.string()).meta({ example: ['user'] }),
    total: z.int(),
    isWhole: z.boolean().describe('false: only the newest 20,000 events were looked at'),
    first: time.nullable(),
    last: time.nullable(),
    outcomes: z.record(z.string(), z.int()),
    sessions: list(SeenValue).describe('Those that were seen last come first; at most 50'),
    ips: list(SeenValue),
    userAgents: list(SeenValue),
    addresses: list(z.string()).describe(
      'E-mail addresses and user names that the account has in its log-ins and in what was done to it; at most 20',
    ),
    rights: list(LedgerEvent).describe('What changed what the actor may do, newest first; at most 50'),
    holds: list(LegalHold).describe('Those that name the actor, for readers of everything'),
    erasures: list(ShownErasure).describe('For readers of everything'),
  }),
);
export type ActorProfile = z.infer<typeof ActorProfile>;

const MOST_VALUES_SHOWN = 50;

/** The query for values of a field: their beginning, and the filters of events. */
export class ValuesQuery extends EventFilters {
  @RequiredParameter(
    { type: String, description: `${FIELD_NAMES.join(', ')}, compliance, or details.<path>` },
    must(
      'the name of a filter, or a field such as details.method',
      (value) => isStatsBy(value) && value !== 'resource',
    ),
  )
  readonly field!: StatsBy;

  @Parameter(
    { type: String, description: 'How they begin, in any case' },
    must('a text of at most 512 characters', (value) => value === '' || isText(value)),
  )
  readonly prefix?: string;

  @Parameter({ type: Number, minimum: 1, maximum: MOST_VALUES_SHOWN })
  readonly limit: number = 10;
}

const FieldValue = named(
  'FieldValue',
  z.object({
    value: z.string().meta({ example: 'u-1' }),
    name: z.string().exactOptional().describe("Of an actor's id: a name that it has").meta({ example: 'Ada' }),
    count: z.int().describe('How many of the newest 20,000 events have it'),
  }),
);
export type FieldValue = z.infer<typeof FieldValue>;

export const FieldValues = named(
  'FieldValues',
  z.object({
    field: word<StatsBy>().meta({ example: 'actorId' }),
    values: list(FieldValue).describe('The most frequent first'),
    isWhole: z.boolean().describe('false: there may be more, of older events or beyond the limit'),
  }),
);
export type FieldValues = z.infer<typeof FieldValues>;
