import { z } from 'zod';
import { list, namedSchema, time, wordSchema } from '../responses/shape.js';
import { withoutCount } from './ledger-event.dto.js';
import type { StatsBy, StatsInterval } from './stats-query.dto.js';

const StatsStep = namedSchema('StatsStep', z.object({ start: time.describe('When the step begins'), count: z.int() }));
export type StatsStep = z.infer<typeof StatsStep>;

const StatsGroup = namedSchema(
  'StatsGroup',
  z.object({
    value: z.string().nullable(),
    name: z
      .string()
      .exactOptional()
      .describe("With by=actorId, for events without an actorId: the actor's name, or the attempted user name"),
    count: z.int(),
    first: time.describe('When the first event happened'),
    last: time.describe('When the last event happened'),
    steps: list(StatsStep).exactOptional().describe('Oldest first, without empty steps'),
  }),
);

/** Counts of events. */
export const EventStats = namedSchema(
  'EventStats',
  z.object({
    from: time,
    to: time.describe('Exclusive'),
    by: wordSchema<StatsBy>().meta({ example: 'type' }),
    interval: wordSchema<StatsInterval>().nullable().meta({ example: 'day' }),
    total: z.int(),
    groups: list(StatsGroup).describe('Largest first'),
    others: z
      .int()
      .describe(
        'Number of events in groups that are not listed; with by=compliance, an event counts once for each of its tags',
      ),
    archived: withoutCount,
  }),
);
export type EventStats = z.infer<typeof EventStats>;
