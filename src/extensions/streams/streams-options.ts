import { z } from 'zod';
import { hasCode } from '../../audit/nest-free.js';
import {
  optionsSchema,
  parseOptions,
  BOOLEAN,
  together,
  wholeNumber,
  typedInput,
  enumOption,
  type RawOptions,
  type ResolvedOptions,
} from '../../audit/option-schemas.js';
import { parseAccess, type LedgerAccess } from '../../monitoring/read/access/ledger-access.js';
import { undefinedIfRejected } from '../../monitoring/errors/undefined-if-rejected.js';
import { EventFilters } from '../../monitoring/read/query/event-query.dto.js';
import { parseQuery } from '../../monitoring/read/query/parse-query.js';
import type { CustomDestination } from './define-destination.js';
import { findDestinationProblems, type DestinationOptions } from './destinations/destination-types.js';
import { PERSONAL_CHOICES, STREAM_FILTERS, type StreamFilter } from './selection.js';

const BATCH = {
  /**
   * The maximum number of events: 1 to 10,000. Set this when the receiver limits the items of a request, or needs longer than `timeoutMs` for a batch.
   */
  maxEvents: wholeNumber(1, 10_000).default(500),
  /**
   * The maximum length of the events as JSON, in bytes: 1,024 to 50,000,000. A single event may be larger. Set this when a gateway limits the
   * size of a request, such as 256 KiB.
   */
  maxBytes: wholeNumber(1_024, 50_000_000).default(1_000_000),
};

/** The limits of a batch. The first limit that is reached ends the batch. */
export interface BatchOptions extends RawOptions<typeof BATCH> {}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const NAME_FORM = 'must begin with a letter, and have at most 63 small letters, digits and hyphens';
const KEY_FORM = 'must have 32 characters or more';

const STREAM = {
  /**
   * The name of the stream: small letters, digits and hyphens. The database stores the progress under this name.
   * @remarks a new name makes a new stream, which begins again; remove the old stream, because retention waits for each active stream
   */
  name: z.string(NAME_FORM).regex(NAME, NAME_FORM),
  /**
   * The destination of the events: see the next sections. An own destination is the result of a function that `defineDestination` made.
   * @remarks the new destination gets only the events that are sent after the change; a replay sends older events
   */
  destination: z.custom<DestinationOptions | CustomDestination>().superRefine((input, context) => {
    for (const problem of findDestinationProblems(input)) context.addIssue(problem.slice('destination'.length));
  }),
  /**
   * How the stream treats personal data. An erasure does not reach the destination, so use `include` only for data that may stay at the destination.
   * @remarks effective for events that are sent after the change; the copies at the destination stay as they are
   */
  personal: z.enum(
    PERSONAL_CHOICES,
    "must be 'include', 'pseudonym' or 'omit': choose how the stream treats personal data",
  ),
  /**
   * The key that makes the pseudonyms, 32 characters or more; required for `personal: 'pseudonym'`. Set this when you set
   * `personal: 'pseudonym'`.
   * @remarks secret; a new key gives the same person another pseudonym
   */
  pseudonymKey: z.string(KEY_FORM).min(32, KEY_FORM).optional(),
  /**
   * The events that the stream sends. Default: all events that the option `access` allows. Set this when the receiver bills by volume, and
   * needs only failed log-ins and changes of rights.
   * @remarks effective for events that the stream has not passed; a replay sends older events
   */
  filter: z
    .custom<StreamFilter>()
    .superRefine((input, context) => {
      for (const problem of findFilterProblems(input)) context.addIssue(problem);
    })
    .prefault({}),
  /**
   * The events that the stream may send, in the form that `authorize` returns. Set this when a stream belongs to one customer: give the
   * customer's tenant.
   * @remarks effective like a change of `filter`
   */
  access: z
    .custom<LedgerAccess>()
    .transform((input, context) => {
      const access = undefinedIfRejected(() => parseAccess(input));
      if (!access) {
        context.addIssue(
          "must be a value that authorize can return, such as { scope: 'tenants', tenantIds: ['acme'] }",
        );
      }
      return access ?? z.NEVER;
    })
    .default({ scope: 'all' }),
  /**
   * The position at which a new stream begins: the ledger's first event, or the next event. Set this when the receiver needs no history, or
   * refuses old events as Datadog does: `now`.
   * @remarks a change has no effect: only a new stream uses this option
   */
  from: enumOption(['beginning', 'now']).default('beginning'),
  /** The limits of a batch: see the next section. Set this when the receiver limits the size of a request. */
  batch: typedInput<BatchOptions>()(z.object(BATCH)).prefault({}),
  /** The maximum number of events a second. Default: no limit. Set this when the licence or the intake of your SIEM limits events a second. */
  rate: typedInput<{ readonly eventsPerSecond: number }>()(
    z.object({ eventsPerSecond: wholeNumber(1, 1_000_000).optional() }),
  ).optional(),
  /**
   * Whether retention keeps an event until the active stream has sent that event. Set this when a law limits the retention period, and a
   * receiver that is down must not delay it (`false`).
   * @remarks effective at the next run of the retention job
   */
  delaysRetention: BOOLEAN.default(true),
};

/** A stream sends the sealed events to a destination, in order and at least once. */
export interface StreamOptions extends RawOptions<typeof STREAM> {}

const STREAM_SCHEMA = optionsSchema(STREAM, 'is not an object: give { name, destination, personal }')
  .refine(
    ({ personal, pseudonymKey }) => personal !== 'pseudonym' || pseudonymKey !== undefined,
    together('pseudonymKey', KEY_FORM),
  )
  .transform(({ rate, ...stream }) => ({ ...stream, eventsPerSecond: rate?.eventsPerSecond ?? Infinity }));

/** {@link StreamOptions} with the defaults. */
export type ResolvedStream = Readonly<z.output<typeof STREAM_SCHEMA>>;

const STREAMS = {
  /**
   * The streams, which send the sealed events to destinations, in order and at least once. Give every instance the same streams. Set this when
   * a SIEM, a customer's webhook or a bucket must get the events.
   */
  streams: typedInput<readonly StreamOptions[]>()(
    z.array(STREAM_SCHEMA, 'is not a list: give [{ name, destination, personal }]').readonly(),
  ).prefault([]),
};

/** The options of `StreamsModule`. */
export interface StreamsOptions extends RawOptions<typeof STREAMS> {}

/** {@link StreamsOptions} with the defaults. */
export interface StreamsSlice extends ResolvedOptions<typeof STREAMS> {}

/** The injection token of {@link StreamsSlice}. */
export const STREAMS_OPTIONS = Symbol.for('nestjs-audit-ledger:streams-options');

/** Fills in the defaults, and adds problems to `problems`. */
export function resolveStreamsOptions(options: StreamsOptions, problems: string[]): StreamsSlice | undefined {
  const resolved = parseOptions(optionsSchema(STREAMS), options, problems);
  problems.push(...findNameProblems(options.streams));
  return resolved;
}

function findNameProblems(streams: unknown): readonly string[] {
  const names = (Array.isArray(streams) ? streams : []).flatMap(
    (each: unknown) => (Object(each) as Partial<StreamOptions>).name ?? [],
  );
  const twice = new Set(names.filter((each, index) => names.indexOf(each) !== index));
  return Array.from(twice, (name) => `two streams have the name ${name}: give each another name`);
}

function findFilterProblems(filter: unknown): readonly string[] {
  if (typeof filter !== 'object' || filter === null) return ["must be an object such as { severity: 'critical' }"];
  const known: readonly string[] = STREAM_FILTERS;
  const unknown = Object.keys(filter).filter((name) => !known.includes(name));
  if (unknown.length > 0) return [`.${unknown[0] ?? ''} is an unknown filter: use ${known.join(', ')}`];
  try {
    parseQuery(EventFilters, filter);
    return [];
  } catch (error) {
    if (hasCode(error, 'AUDIT_QUERY_INVALID')) return [`: ${error.message}`];
    throw error;
  }
}
