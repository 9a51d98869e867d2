import { hasCode, unknownOptions } from '../../audit/plain.js';
import { parseAccess, type LedgerAccess } from '../../monitoring/read/access/ledger-access.js';
import {
  problemsOfNumber,
  problemsOfSwitch,
  problemsOfWord,
} from '../../monitoring/store/connections/option-problems.js';
import { unlessRefused } from '../../monitoring/errors/unless-refused.js';
import { EventFilters } from '../../monitoring/read/query/event-filters.dto.js';
import { parseQuery } from '../../monitoring/read/query/parse-query.js';
import type { OwnDestination } from './define-destination.js';
import { problemsOfDestination, type DestinationOptions } from './destinations/destination-types.js';
import { parseSecretsKeys, WRONG_SECRETS_KEY, type SecretsKeys } from './manage/secrets-key.js';
import { PERSONAL_CHOICES, STREAM_FILTERS, type PersonalChoice, type StreamFilter } from './selection.js';

/** The limits of a batch. The first limit that is reached ends the batch. */
export interface BatchOptions {
  /** The maximum number of events: 1 to 10,000. @defaultValue 500 */
  readonly maxEvents?: number;
  /** The maximum length of the events as JSON, in bytes: 1,024 to 50,000,000. A single event may be larger. @defaultValue 1000000 */
  readonly maxBytes?: number;
}

/** A stream sends the sealed events to a destination, in order and at least once. */
export interface StreamOptions {
  /**
   * The name of the stream: small letters, digits and hyphens. The database stores the progress under this name.
   * @remarks a new name makes a new stream, which begins again; remove the old stream, because retention waits for each active stream
   */
  readonly name: string;
  /**
   * The destination of the events: see the next sections. An own destination is the result of a function that `defineDestination` made.
   * @remarks the new destination gets only the events that are sent after the change; a replay sends older events
   */
  readonly destination: DestinationOptions | OwnDestination;
  /**
   * How the stream treats personal data. An erasure does not reach the destination, so use `include` only for data that may stay at the destination.
   * @remarks effective for events that are sent after the change; the copies at the destination stay as they are
   */
  readonly personal: PersonalChoice;
  /**
   * The key that makes the pseudonyms, 32 characters or more; required for `personal: 'pseudonym'`.
   * @remarks secret; a new key gives the same person another pseudonym
   */
  readonly pseudonymKey?: string;
  /**
   * The events that the stream sends. Default: all events that the option `access` allows.
   * @remarks effective for events that the stream has not passed; a replay sends older events
   */
  readonly filter?: StreamFilter;
  /**
   * The events that the stream may send, in the form that `authorize` returns.
   * @defaultValue { scope: 'all' }
   * @remarks effective like a change of `filter`
   */
  readonly access?: LedgerAccess;
  /**
   * The position at which a new stream begins: the ledger's first event, or the next event.
   * @defaultValue 'beginning'
   * @remarks a change has no effect: only a new stream uses this option
   */
  readonly from?: 'beginning' | 'now';
  /** The limits of a batch: see the next section. */
  readonly batch?: BatchOptions;
  /** The maximum number of events a second. Default: no limit. */
  readonly rate?: { readonly eventsPerSecond: number };
  /**
   * Whether retention keeps an event until the active stream has sent that event.
   * @defaultValue true
   * @remarks effective at the next run of the retention job
   */
  readonly keepsEvents?: boolean;
}

/** {@link StreamOptions} with the defaults. */
export interface ResolvedStream extends Required<Omit<StreamOptions, 'batch' | 'pseudonymKey' | 'rate'>> {
  readonly pseudonymKey: string | undefined;
  readonly batch: Required<BatchOptions>;
  readonly eventsPerSecond: number;
}

/** The options of `StreamsModule`. */
export interface StreamsOptions {
  /** The streams, which send the sealed events to destinations, in order and at least once. Give every instance the same streams. */
  readonly streams?: readonly StreamOptions[];
  /**
   * The key that encrypts the secrets of streams made at run time: 32 bytes in base64. Set the same key in every instance, and keep a copy of the
   * key. To change the key, set a list (or a text with commas), with the newest key first. The newest key encrypts; the older keys only decrypt.
   * Default: no key, so that no stream can be made at run time.
   */
  readonly streamSecretsKey?: string | readonly string[] | undefined;
}

/** {@link StreamsOptions} with the defaults. */
export interface StreamsSlice {
  readonly streams: readonly ResolvedStream[];
  /** Absent if no stream can be made at run time. */
  readonly streamSecretsKey: SecretsKeys | undefined;
}

/** The injection token of {@link StreamsSlice}. */
export const STREAMS_OPTIONS = Symbol.for('nestjs-audit-ledger:streams-options');

const NAMES: Readonly<Record<keyof StreamOptions, true>> = {
  name: true,
  destination: true,
  personal: true,
  pseudonymKey: true,
  filter: true,
  access: true,
  from: true,
  batch: true,
  rate: true,
  keepsEvents: true,
};

const MODULE_NAMES: Readonly<Record<keyof StreamsOptions, true>> = { streams: true, streamSecretsKey: true };

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const MAX_EVENTS = 500;
const MAX_BYTES = 1_000_000;

/** Fills in the defaults, and adds problems to `problems`. */
export function resolveStreamsOptions(options: StreamsOptions, problems: string[]): StreamsSlice {
  problems.push(...unknownOptions(options, MODULE_NAMES));
  const streamSecretsKey = parseSecretsKeys(options.streamSecretsKey);
  if (!streamSecretsKey && options.streamSecretsKey !== undefined) problems.push(WRONG_SECRETS_KEY);
  return { streams: resolveStreams(options.streams, problems), streamSecretsKey };
}

/** Fills in the defaults of all streams, and adds problems to `problems`. */
export function resolveStreams(given: unknown, problems: string[]): readonly ResolvedStream[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) {
    problems.push('streams is not a list: give [{ name, destination, personal }]');
    return [];
  }
  const streams = given.flatMap((options: unknown, index) => {
    const own: string[] = [];
    const stream = resolveStream(options, own);
    problems.push(...own.map((problem) => `streams[${index}]${problem.startsWith(' ') ? '' : '.'}${problem}`));
    return stream ?? [];
  });
  const names = streams.map(({ name }) => name);
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) !== index))) {
    problems.push(`two streams have the name ${name}: give each another name`);
  }
  return streams;
}

/** Fills in the defaults of one stream, and adds problems to `problems`. */
export function resolveStream(given: unknown, problems: string[]): ResolvedStream | undefined {
  if (typeof given !== 'object' || given === null) {
    problems.push(' is not an object: give { name, destination, personal }');
    return undefined;
  }
  const options = given as StreamOptions; // checked field by field
  problems.push(...unknownOptions(options, NAMES));
  const {
    name,
    destination,
    personal,
    pseudonymKey,
    filter = {},
    from = 'beginning',
    rate,
    keepsEvents = true,
  } = options;
  if (typeof name !== 'string' || !NAME.test(name)) {
    problems.push('name must begin with a letter, and have at most 63 small letters, digits and hyphens');
  }
  if (!PERSONAL_CHOICES.includes(personal)) {
    problems.push("personal must be 'include', 'pseudonym' or 'omit': choose how the stream treats personal data");
  }
  const isKey = pseudonymKey === undefined ? personal !== 'pseudonym' : isLong(pseudonymKey);
  if (!isKey) problems.push('pseudonymKey must have 32 characters or more');
  const { maxEvents = MAX_EVENTS, maxBytes = MAX_BYTES } = options.batch ?? {};
  const { eventsPerSecond = Infinity } = rate ?? {};
  problems.push(
    ...problemsOfSwitch('keepsEvents', keepsEvents),
    ...problemsOfWord('from', from, ['beginning', 'now']),
    ...problemsOfNumber('batch.maxEvents', maxEvents, [1, 10_000]),
    ...problemsOfNumber('batch.maxBytes', maxBytes, [1_024, 50_000_000]),
    ...problemsOfNumber('rate.eventsPerSecond', rate?.eventsPerSecond, [1, 1_000_000]),
    ...problemsOfFilter(filter),
    ...problemsOfDestination(destination),
  );
  const access = accessOf(options.access, problems);
  const batch = { maxEvents, maxBytes };
  return { name, destination, personal, pseudonymKey, filter, access, from, batch, eventsPerSecond, keepsEvents };
}

function isLong(key: unknown): boolean {
  return typeof key === 'string' && key.length >= 32;
}

function problemsOfFilter(filter: unknown): readonly string[] {
  if (typeof filter !== 'object' || filter === null)
    return ["filter must be an object such as { severity: 'critical' }"];
  const known: readonly string[] = STREAM_FILTERS;
  const unknown = Object.keys(filter).filter((name) => !known.includes(name));
  if (unknown.length > 0) return [`filter.${unknown[0] ?? ''} is an unknown filter: use ${known.join(', ')}`];
  try {
    parseQuery(EventFilters, filter);
    return [];
  } catch (error) {
    if (hasCode(error, 'AUDIT_QUERY_INVALID')) return [`filter: ${error.message}`];
    throw error;
  }
}

function accessOf(given: unknown, problems: string[]): LedgerAccess {
  const all = { scope: 'all' } as const;
  if (given === undefined) return all;
  const access = unlessRefused(() => parseAccess(given));
  if (!access) {
    problems.push(
      "access must be a value that authorize can return, such as { scope: 'tenants', tenantIds: ['acme'] }",
    );
  }
  return access ?? all;
}
