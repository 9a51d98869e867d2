import { z } from 'zod';
import { anyObject, list, named, time } from '../../monitoring/read/responses/shape.js';
import type { LedgerAccess } from '../../monitoring/read/access/ledger-access.js';
import { prose } from '../../monitoring/read/query/texts.js';

const CHANGE = { reason: prose(1_000).optional().describe('The reason for the change, which the audit event records') };
const FIRST = 'The first sequence number, or an RFC 3339 time';
const LAST = 'The last sequence number, or an RFC 3339 time';

const EITHER = 'a sequence number, such as 1200, or an RFC 3339 time';
const MOMENT = z.string().refine((value) => !Number.isNaN(Date.parse(value)), EITHER);

const PLACE = z.union([z.int().min(0, EITHER), MOMENT], EITHER).optional();

const WHY = { reason: 'The SIEM moves' };

/** The body of a change that needs only a reason. */
export const StreamChange = named('StreamChange', z.strictObject(CHANGE).meta({ example: WHY }));

export const ResumedStream = named(
  'ResumedStream',
  z.strictObject({ ...CHANGE, from: PLACE.describe(FIRST) }).meta({ example: { from: 1_200 } }),
);

export const NewReplay = named(
  'NewReplay',
  z
    .strictObject({ ...CHANGE, from: PLACE.describe(FIRST), to: PLACE.describe(LAST) })
    .meta({ example: { from: 0, to: 499 } }),
);

/** The body of `POST /audit/streams/:name/retry` and `drop`. */
export const ParkedPlaces = named(
  'ParkedPlaces',
  z
    .strictObject({
      ...CHANGE,
      places: z
        .array(z.int())
        .optional()
        .describe('Sequence numbers of parked events. Default: all parked events of the stream'),
    })
    .meta({ example: { places: [1_204] } }),
);

export const Places = named('Places', z.object({ places: list(z.int()) }));
export type Places = z.infer<typeof Places>;

export const BegunReplay = named('BegunReplay', z.object({ replay: z.string(), first: z.int(), last: z.int() }));
export type BegunReplay = z.infer<typeof BegunReplay>;

const ReplayReport = named(
  'ReplayReport',
  z.object({
    name: z.string().describe("The stream's name, a dot, and an id"),
    state: z.enum(['active', 'paused', 'gone', 'done']),
    first: z.int().describe('The first sequence number of the replay’s range'),
    last: z.int(),
    position: z.int().describe('The first sequence number that the replay has not passed'),
    ...{ sentEvents: z.int(), sentBatches: z.int(), failures: z.int() },
    lastError: z.string().nullable(),
    parked: z.int(),
  }),
);

export const StreamReport = named(
  'Stream',
  z.object({
    name: z.string(),
    state: z.enum(['active', 'paused', 'gone']),
    reason: z.string().nullable().describe('The reason why the stream is not active'),
    destination: z.string().describe('Without secrets'),
    acknowledgement: z
      .enum(['none', 'received', 'stored', 'indexed'])
      .describe('What the destination promises when it accepts a batch'),
    access: anyObject<LedgerAccess>().describe('The events that the stream may see'),
    position: z.int().describe('The first sequence number that the stream has not passed'),
    lagEvents: z.int().describe('The number of sealed events that the stream has not passed'),
    lagSeconds: z.number().describe('The seconds since the oldest of these events was sealed'),
    ...{ sentEvents: z.int(), sentBatches: z.int() },
    lastSentAt: time.nullable(),
    failures: z.int().describe('The number of failed attempts in a row'),
    lastError: z.string().nullable(),
    parked: z.int().describe('The number of events that the destination refused'),
    replays: list(ReplayReport).describe('The replays of the stream, the newest first'),
  }),
);
export type StreamReport = z.infer<typeof StreamReport>;

export const StreamList = named('StreamList', z.object({ items: list(StreamReport) }));
