import { z } from 'zod';
import { anyObject, list, named, time } from '../../monitoring/read/responses/shape.js';
import type { LedgerAccess } from '../../monitoring/read/access/ledger-access.js';
import { prose } from '../../monitoring/read/query/texts.js';
import { PERSONAL_CHOICES } from './selection.js';

const CHANGE = { reason: prose(1_000).optional().describe('The reason for the change, which the audit event records') };
const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;
const FIRST = 'The first sequence number, or an RFC 3339 time';
const LAST = 'The last sequence number, or an RFC 3339 time';

const EITHER = 'a sequence number, such as 1200, or an RFC 3339 time';
const MOMENT = z.string().refine((value) => !Number.isNaN(Date.parse(value)), EITHER);

const PLACE = z.union([z.int().min(0, EITHER), MOMENT], EITHER).optional();

/** `resolveStream` validates the value; `null` sets the default. */
function option(facts: Readonly<Record<string, unknown>>) {
  return z.unknown().optional().meta(facts);
}

const OPTIONS = {
  destination: option({ ...ANY_OBJECT, description: 'The same as in the option `streams`' }),
  personal: option({ type: 'string', enum: PERSONAL_CHOICES }),
  pseudonymKey: option({ type: 'string', description: '32 characters or more; required for `pseudonym`' }),
  filter: option(ANY_OBJECT),
  access: option(ANY_OBJECT),
  batch: option(ANY_OBJECT),
  rate: option(ANY_OBJECT),
  keepsEvents: option({ type: 'boolean' }),
};
const NAME = option({ type: 'string', description: 'Small letters, digits and hyphens' });

const EVENTS = {
  last: z.int().optional().describe('The number of events, 1 to 100').meta({ default: 10 }),
  from: PLACE.describe(FIRST),
  to: PLACE.describe(LAST),
  eventIds: z.array(z.uuid()).readonly().optional().describe('The ids of at most 100 events, instead of a range'),
};
const WHY = { reason: 'The SIEM moves' };

/** The body of a change that needs only a reason. */
export const StreamChange = named('StreamChange', z.strictObject(CHANGE).meta({ example: WHY }));

export const DryRunEvents = named('DryRunEvents', z.strictObject(EVENTS).meta({ example: { last: 5 } }));
export type DryRunEvents = z.infer<typeof DryRunEvents>;

export const NewDryRun = named(
  'NewDryRun',
  z.strictObject({ ...OPTIONS, ...EVENTS, name: NAME }).meta({
    example: {
      destination: { type: 'syslog', host: 'siem.example', format: 'cef' },
      ...{ personal: 'omit', filter: { severity: ['critical'] }, last: 5 },
    },
  }),
);

export const NewStream = named(
  'NewStream',
  z
    .strictObject({
      ...{ ...CHANGE, ...OPTIONS, name: NAME },
      from: option({ type: 'string', enum: ['beginning', 'now'] }),
      paused: z.boolean().optional().describe('Whether the new stream is paused, so that you can test it first'),
    })
    .meta({
      required: ['name', 'destination', 'personal'],
      example: {
        name: 'siem',
        destination: {
          type: 'webhook',
          url: 'https://siem.example/audit',
          secrets: ['whsec_b2xpdmUgb2xpdmUgb2xpdmUgb2xpdmU='],
        },
        ...{ personal: 'omit', paused: true },
      },
    }),
);

export const StreamChanges = named(
  'StreamChanges',
  z.strictObject({ ...CHANGE, ...OPTIONS }).meta({ example: { filter: { severity: ['critical'] } } }),
);

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

/** The body of `POST /audit/streams/:name/rotate-secret`. */
export const NewSecret = named(
  'NewSecret',
  z
    .strictObject({
      ...CHANGE,
      secret: z.string().describe('`whsec_` and the base64 of 24 to 64 random bytes'),
      graceDays: z
        .number()
        .optional()
        .describe('The number of days during which the old secret signs requests, too')
        .meta({ default: 7 }),
    })
    .meta({ example: { secret: 'whsec_b2xpdmUgb2xpdmUgb2xpdmUgb2xpdmU=', graceDays: 7 } }),
);

export const Places = named('Places', z.object({ places: list(z.int()) }));
export type Places = z.infer<typeof Places>;

export const BegunReplay = named('BegunReplay', z.object({ replay: z.string(), first: z.int(), last: z.int() }));
export type BegunReplay = z.infer<typeof BegunReplay>;

export const TestResult = named(
  'TestResult',
  z.object({
    id: z.uuid().describe("The id of the test's batch and event"),
    outcome: z
      .enum(['accepted', 'retry', 'refused', 'gone', 'unanswered'])
      .describe(
        'unanswered: no instance sent the test in time. Check that the application runs, and can read the secrets of the stream',
      ),
    reason: z.string().exactOptional(),
  }),
);
export type TestResult = z.infer<typeof TestResult>;

export const RotatedSecret = named('RotatedSecret', z.object({ oldSecretUntil: time }));
export type RotatedSecret = z.infer<typeof RotatedSecret>;

const LeftOut = named(
  'LeftOut',
  z.object({
    ...{ index: z.int(), id: z.uuid(), type: z.string() },
    because: list(z.string()).describe(
      'The filters that the event does not pass; access, if the stream may not see the event',
    ),
  }),
);
export type LeftOut = z.infer<typeof LeftOut>;

/** The messages that a stream would send. Nothing was sent. */
export const DryRun = named(
  'DryRun',
  z.object({
    destination: z.string().describe('Without secrets'),
    places: z
      .object({ first: z.int(), last: z.int() })
      .nullable()
      .describe('The searched sequence numbers; null in an empty ledger'),
    events: z.int().describe('The number of events that the stream would send'),
    messages: list(
      z.object({
        to: z.string().meta({ example: 'POST https://siem.example/audit' }),
        headers: z.record(z.string(), z.string()).readonly(),
        body: z.string(),
      }),
    ).describe(
      'The messages, byte by byte. Only the id of the batch and the previous hash differ when the stream sends the events',
    ),
    refused: z
      .object({ reason: z.string(), events: list(z.string()) })
      .nullable()
      .describe('Events that the stream would park, because they are too large for the destination'),
    leftOut: list(LeftOut).describe(
      'The first 100 events of this range that the stream does not send, with the causes',
    ),
  }),
);
export type DryRun = z.infer<typeof DryRun>;

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

const StreamReport = z.object({
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
});
export type StreamReport = z.infer<typeof StreamReport>;

export const ShownStream = named(
  'Stream',
  z.object({
    ...StreamReport.shape,
    source: z
      .enum(['options', 'stored'])
      .describe('stored: the stream was made at run time, so this API can change it'),
    options: anyObject().nullable().describe('The options of a stored stream, without secrets'),
    secretsKeyId: z.string().nullable().describe("The id of the key that encrypts a stored stream's secrets"),
    oldSecretUntil: time.nullable().describe('The time until which the old secret signs requests, too'),
  }),
);
export type ShownStream = z.infer<typeof ShownStream>;

export const StreamList = named('StreamList', z.object({ items: list(ShownStream) }));
