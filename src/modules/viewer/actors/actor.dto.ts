import { z } from 'zod';
import { list, named, time } from '../../monitoring/answers/shape.js';
import { Erasure } from '../../monitoring/lifecycle/erasure/erasure.dto.js';
import { LegalHold } from '../../monitoring/lifecycle/holds/legal-hold.dto.js';
import { EventFilters } from '../../monitoring/query/event-filters.dto.js';
import { LedgerEvent } from '../../monitoring/query/ledger-event.dto.js';
import { pickParameters } from '../../monitoring/query/query-parameters.js';

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
