import { z } from 'zod';
import { objectSchema, list, namedSchema, time } from '../read/responses/shape.js';
import { isTime } from '../read/query/query-times.js';
import { longText } from '../read/query/texts.js';

const CHANGE = {
  reason: longText(1_000).optional().describe('The reason for the change, which the audit event records'),
};
const FIRST = 'The first sequence number or day, or an RFC 3339 time';
const LAST = 'The last sequence number or day, or an RFC 3339 time';

const POSITION_OR_TIME = 'a sequence number, such as 1200, a day, or an RFC 3339 time';
const TIME_OR_DAY = z.string().refine(isTime, POSITION_OR_TIME);
const OPTIONAL_POSITION = z.union([z.int().min(0, POSITION_OR_TIME), TIME_OR_DAY], POSITION_OR_TIME).optional();

/** The body of a change that needs only a reason. */
export const ConsumerChange = namedSchema(
  'ConsumerChange',
  z.strictObject(CHANGE).meta({ example: { reason: 'The projection is rebuilt' } }),
);

export const ResumedConsumer = namedSchema(
  'ResumedConsumer',
  z.strictObject({ ...CHANGE, from: OPTIONAL_POSITION.describe(FIRST) }).meta({ example: { from: 1_200 } }),
);

export const NewReplay = namedSchema(
  'NewReplay',
  z
    .strictObject({ ...CHANGE, from: OPTIONAL_POSITION.describe(FIRST), to: OPTIONAL_POSITION.describe(LAST) })
    .meta({ example: { from: 0, to: 499 } }),
);

/** The body of `POST /audit/consumers/:name/retry` and `drop`. */
export const ParkedPositions = namedSchema(
  'ParkedPositions',
  z
    .strictObject({
      ...CHANGE,
      positions: z
        .array(z.int())
        .optional()
        .describe('Sequence numbers of parked events. Default: all parked events of the consumer'),
    })
    .meta({ example: { positions: [1_204] } }),
);

export const Positions = namedSchema('Positions', z.object({ positions: list(z.int()) }));
export type Positions = z.infer<typeof Positions>;

export const StartedReplay = namedSchema(
  'StartedReplay',
  z.object({ replay: z.string(), first: z.int(), last: z.int() }),
);
export type StartedReplay = z.infer<typeof StartedReplay>;

const COUNT_FIELDS = {
  position: z.int().describe('The first sequence number that is not handled'),
  ...{ handledEvents: z.int(), handledBatches: z.int() },
  failures: z.int().describe('The number of failed attempts in a row'),
  lastError: z.string().nullable(),
  parked: z.int().describe('The number of events that were refused'),
};

const ReplayReport = namedSchema(
  'ReplayReport',
  z.object({
    name: z.string().describe("The consumer's name, a dot, and an id"),
    state: z.enum(['active', 'paused', 'gone', 'done']),
    endsBefore: z.int().describe('The sequence number after the last of the replay'),
    ...COUNT_FIELDS,
  }),
);

export const ConsumerReport = namedSchema(
  'Consumer',
  z.object({
    name: z.string(),
    state: z.enum(['active', 'paused', 'gone']).describe('gone: the consumer refuses all further events'),
    reason: z.string().nullable().describe('The reason why the consumer is not active'),
    delaysRetention: z.boolean().describe('Whether retention waits for the consumer'),
    about: objectSchema().describe('For a stream: the destination, without secrets, and what it acknowledges'),
    ...COUNT_FIELDS,
    lagEvents: z.int().describe('The number of sealed events that are not handled'),
    lagSeconds: z.number().describe('The seconds since the oldest of these events was sealed'),
    lastHandledAt: time.nullable(),
    replays: list(ReplayReport).describe('The replays of the consumer, the newest first'),
  }),
);
export type ConsumerReport = z.infer<typeof ConsumerReport>;

export const ConsumerList = namedSchema('ConsumerList', z.object({ items: list(ConsumerReport) }));
