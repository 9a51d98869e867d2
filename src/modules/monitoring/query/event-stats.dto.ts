import { z } from 'zod';
import { list, named, time, word } from '../answers/shape.js';
import { uncounted } from './ledger-event.dto.js';
import type { StatsBy } from './stats-by.js';
import type { StatsInterval } from './stats-query.dto.js';

const StatsStep = named('StatsStep', z.object({ start: time.describe('When it begins'), count: z.int() }));
export type StatsStep = z.infer<typeof StatsStep>;

/** The events that share one value; `null` for those without a value. */
const StatsGroup = named(
  'StatsGroup',
  z.object({
    value: z.string().nullable(),
    name: z
      .string()
      .exactOptional()
      .describe("By actorId, of events without: the actor's name, or the user name that was tried"),
    count: z.int(),
    first: time.describe('When the first of them happened'),
    last: time.describe('When the last of them happened'),
    steps: list(StatsStep).exactOptional().describe('Oldest first, without those that had none'),
  }),
);
export type StatsGroup = z.infer<typeof StatsGroup>;

/** Counts of events. */
export const EventStats = named(
  'EventStats',
  z.object({
    from: time,
    to: time.describe('Exclusive'),
    by: word<StatsBy>().meta({ example: 'type' }),
    interval: word<StatsInterval>().nullable().meta({ example: 'day' }),
    total: z.int(),
    groups: list(StatsGroup).describe('The largest first'),
    others: z
      .int()
      .describe('How many are in no group that is shown; by compliance tag, an event counts for each of its tags'),
    archived: uncounted,
  }),
);
export type EventStats = z.infer<typeof EventStats>;
