import { z } from 'zod';
import { anyObject, list, named, time } from '../monitoring/answers/shape.js';
import type { LedgerAccess } from '../monitoring/access/ledger-access.js';
import { prose } from '../monitoring/query/texts.js';
import { PERSONAL_CHOICES } from './selection.js';

const CHANGE = { reason: prose(1_000).optional().describe('Why, for the event') };
const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;
const FIRST = 'A place, or an RFC 3339 time';
const LAST = 'The last place, or an RFC 3339 time';

const EITHER = 'a place, such as 1200, or an RFC 3339 time';
const MOMENT = z.string().refine((value) => !Number.isNaN(Date.parse(value)), EITHER);

/** A place, or a time. */
const PLACE = z.union([z.int().min(0, EITHER), MOMENT], EITHER).optional();

/** An option of a stream. Its value is validated like the application's options; `null` sets its default. */
function option(facts: Readonly<Record<string, unknown>>) {
  return z.unknown().optional().meta(facts);
}

const OPTIONS = {
  destination: option({ ...ANY_OBJECT, description: 'As in the option `streams`' }),
  personal: option({ type: 'string', enum: PERSONAL_CHOICES }),
  pseudonymKey: option({ type: 'string', description: '32 characters or more; for `pseudonym`' }),
  filter: option(ANY_OBJECT),
  access: option(ANY_OBJECT),
  batch: option(ANY_OBJECT),
  rate: option(ANY_OBJECT),
  keepsEvents: option({ type: 'boolean' }),
};
const NAME = option({ type: 'string', description: 'Small letters, digits and hyphens' });

/** The events of a dry run. */
const EVENTS = {
  last: z.int().optional().describe('How many events: 1 to 100').meta({ default: 10 }),
  from: PLACE.describe(FIRST),
  to: PLACE.describe(LAST),
  eventIds: z.array(z.uuid()).readonly().optional().describe('Instead: the events, at most 100'),
};
const WHY = { reason: 'The SIEM moves' };

/** The body of every change of a stream without further members. */
export const StreamChange = named('StreamChange', z.strictObject(CHANGE).meta({ example: WHY }));

/** The body of `POST /audit/streams/:name/dry-run`. */
export const DryRunEvents = named('DryRunEvents', z.strictObject(EVENTS).meta({ example: { last: 5 } }));
export type DryRunEvents = z.infer<typeof DryRunEvents>;

/** The body of `POST /audit/streams/dry-run`: the options of a stream, and the events. */
export const NewDryRun = named(
  'NewDryRun',
  z.strictObject({ ...OPTIONS, ...EVENTS, name: NAME }).meta({
    example: {
      destination: { type: 'syslog', host: 'siem.example', format: 'cef' },
      ...{ personal: 'omit', filter: { severity: ['critical'] }, last: 5 },
    },
  }),
);

/** The body of `POST /audit/streams`. */
export const NewStream = named(
  'NewStream',
  z
    .strictObject({
      ...{ ...CHANGE, ...OPTIONS, name: NAME },
      from: option({ type: 'string', enum: ['beginning', 'now'] }),
      paused: z.boolean().optional().describe('Whether it is added as paused, so that you can test it first'),
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

/** The body of `PATCH /audit/streams/:name`. */
export const StreamChanges = named(
  'StreamChanges',
  z.strictObject({ ...CHANGE, ...OPTIONS }).meta({ example: { filter: { severity: ['critical'] } } }),
);

/** The body of `POST /audit/streams/:name/resume`. */
export const ResumedStream = named(
  'ResumedStream',
  z.strictObject({ ...CHANGE, from: PLACE.describe(FIRST) }).meta({ example: { from: 1_200 } }),
);

/** The body of `POST /audit/streams/:name/replay`. */
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
      places: z.array(z.int()).optional().describe('Places of parked events. Default: all of the stream'),
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
        .describe('For how many days requests are signed with the older secret, too')
        .meta({ default: 7 }),
    })
    .meta({ example: { secret: 'whsec_b2xpdmUgb2xpdmUgb2xpdmUgb2xpdmU=', graceDays: 7 } }),
);

/** Places of events. */
export const Places = named('Places', z.object({ places: list(z.int()) }));
export type Places = z.infer<typeof Places>;

/** The replay that was begun. */
export const BegunReplay = named('BegunReplay', z.object({ replay: z.string(), first: z.int(), last: z.int() }));
export type BegunReplay = z.infer<typeof BegunReplay>;

/** The answer of a destination to a test event. */
export const TestAnswer = named(
  'TestAnswer',
  z.object({
    id: z.uuid().describe("The id of the test's batch and event"),
    outcome: z
      .enum(['accepted', 'retry', 'refused', 'gone', 'unanswered'])
      .describe(
        'unanswered: no instance sent it in time. Is the application running, and can it read the secrets of the stream?',
      ),
    reason: z.string().exactOptional(),
  }),
);
export type TestAnswer = z.infer<typeof TestAnswer>;

/** The time when an old secret is dropped. */
export const RotatedSecret = named('RotatedSecret', z.object({ oldSecretUntil: time }));
export type RotatedSecret = z.infer<typeof RotatedSecret>;

/** An event that a stream leaves out. */
const LeftOut = named(
  'LeftOut',
  z.object({
    ...{ index: z.int(), id: z.uuid(), type: z.string() },
    because: list(z.string()).describe('The filters that it does not pass, and access if the stream may not see it'),
  }),
);
export type LeftOut = z.infer<typeof LeftOut>;

/** What a stream would send. Nothing was sent. */
export const DryRun = named(
  'DryRun',
  z.object({
    destination: z.string().describe('Without secrets'),
    places: z
      .object({ first: z.int(), last: z.int() })
      .nullable()
      .describe('The places that were looked at; null in an empty ledger'),
    events: z.int().describe('How many events the stream would send'),
    messages: list(
      z.object({
        to: z.string().meta({ example: 'POST https://siem.example/audit' }),
        headers: z.record(z.string(), z.string()).readonly(),
        body: z.string(),
      }),
    ).describe('What would go out, byte by byte; only the id of the batch and the hash before are another stream’s'),
    refused: z
      .object({ reason: z.string(), events: list(z.string()) })
      .nullable()
      .describe('Events that would be parked, since they are too large for the destination'),
    leftOut: list(LeftOut).describe('Events of these places that the stream does not send, and why: the first 100'),
  }),
);
export type DryRun = z.infer<typeof DryRun>;

/** The progress of a replay. */
const ReplayReport = named(
  'ReplayReport',
  z.object({
    name: z.string().describe("The stream's name, a dot, and an id"),
    state: z.enum(['active', 'paused', 'gone', 'done']),
    first: z.int().describe('The first place of its range'),
    last: z.int(),
    position: z.int().describe('The first place that it has not passed'),
    ...{ sentEvents: z.int(), sentBatches: z.int(), failures: z.int() },
    lastError: z.string().nullable(),
    parked: z.int(),
  }),
);

/** The state of a stream. */
const StreamReport = z.object({
  name: z.string(),
  state: z.enum(['active', 'paused', 'gone']),
  reason: z.string().nullable().describe('Why it is not active'),
  destination: z.string().describe('Without secrets'),
  acknowledgement: z
    .enum(['none', 'received', 'stored', 'indexed'])
    .describe('How strong an acknowledgement of the destination is'),
  access: anyObject<LedgerAccess>().describe('Which events it may see'),
  position: z.int().describe('The first place that it has not passed'),
  lagEvents: z.int().describe('Sealed events that it has not passed'),
  lagSeconds: z.number().describe('For how long the oldest of them is sealed'),
  ...{ sentEvents: z.int(), sentBatches: z.int() },
  lastSentAt: time.nullable(),
  failures: z.int().describe('Attempts that failed in a row'),
  lastError: z.string().nullable(),
  parked: z.int().describe('Events that the destination refused'),
  replays: list(ReplayReport).describe('Ranges that are or were sent again, the newest first'),
});
export type StreamReport = z.infer<typeof StreamReport>;

/** A stream, and its state. */
export const ShownStream = named(
  'Stream',
  z.object({
    ...StreamReport.shape,
    source: z.enum(['options', 'stored']).describe('stored: it was made at run time, and can be changed so'),
    options: anyObject().nullable().describe('Of a stored one, without secrets'),
    secretsKeyId: z.string().nullable().describe('Which key encrypts the secrets of a stored one, by its id'),
    oldSecretUntil: time.nullable().describe('Until when requests are signed with the older secret, too'),
  }),
);
export type ShownStream = z.infer<typeof ShownStream>;

/** Streams. */
export const StreamList = named('StreamList', z.object({ items: list(ShownStream) }));
