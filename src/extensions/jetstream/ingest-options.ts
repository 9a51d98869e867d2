import { z } from 'zod';
import {
  listOption,
  rejectMessage,
  optionsSchema,
  pairOption,
  parseOptions,
  BOOLEAN,
  TEXT,
  together,
  valueOption,
  enumOption,
  type RawOptions,
} from '../../audit/option-schemas.js';
import { serversOption } from '../../monitoring/store/connections/server-list.js';

const STREAM_NAME = /^[\w-]{1,64}$/;
const STREAM_FORM = 'must be a name of letters, digits, - and _';
const URLS_FORM = 'must be a list such as ["http://10.0.0.1:8222"]';

const OPTIONS = {
  /** `host:port` of each server. */
  servers: serversOption('nats.example.com:4222'),
  /**
   * The name of the JetStream stream: letters, digits, `-` and `_`. The library makes the stream if it does not exist, without a limit of its size. Use
   * the stream for nothing else.
   */
  stream: z.string(STREAM_FORM).regex(STREAM_NAME, STREAM_FORM),
  /**
   * How many servers store each event: 1, 3 or 5. JetStream accepts an event once more than half of these servers have it. Set this when you
   * try the module with a single server (1), or must survive the loss of two of five servers (5).
   */
  replicas: valueOption<1 | 3 | 5>(
    (value) => value === 1 || value === 3 || value === 5,
    rejectMessage('1, 3 or 5'),
  ).default(3),
  /**
   * When `record()` resolves: once JetStream has the event (`accepted`), or once the ledger has it (`recorded`). Set this when your next step
   * reads the event from the ledger: `recorded`.
   */
  acknowledge: enumOption(['accepted', 'recorded']).default('accepted'),
  /** The user name. Requires `password`. Set this when your NATS servers have users with passwords. */
  username: TEXT.optional(),
  /** The password. Requires `username`. Set this when you set `username`. */
  password: TEXT.optional(),
  /** A token, instead of a user name and a password. Set this when your NATS servers share a token. */
  token: TEXT.optional(),
  /**
   * A credentials file (`.creds`), instead of a user name or a token. Each new connection reads the file again. Set this when your NATS
   * servers use JWTs, as Synadia Cloud does.
   */
  credentialsFile: TEXT.optional(),
  /** Whether TLS is required. Set this when the servers run on your own machine, without certificates (`false`). */
  tls: BOOLEAN.default(true),
  /**
   * The certificates of the authorities that sign the servers' certificates, in PEM. Default: the certificates of Node. Set this when the
   * servers' certificates come from your company's own authority.
   */
  ca: TEXT.optional(),
  /**
   * The URL of each server's monitoring port, such as `http://10.0.0.1:8222`. At boot, the module reads from this port how often the server
   * calls fsync. Set this when you set `require`, or when the log must show how the servers store events.
   */
  monitoringUrls: listOption(URLS_FORM)
    .refine((urls) => urls.every(isHttpUrl), URLS_FORM)
    .default([]),
  /**
   * With `'fsync'`, the application starts only if each server writes an event to its disk before it acknowledges the event. By default, the
   * application only logs how each server stores events. Set this when a power cut of all servers must not lose an accepted event.
   */
  require: enumOption(['fsync']).optional(),
};

/**
 * The options of `JetStreamModule`: the connection to a NATS JetStream stream, which accepts events, and the leader seals them. Use this module for
 * bursts of events, and to accept events while PostgreSQL does not answer. All instances need the same options. Install `@nats-io/transport-node` and
 * `@nats-io/jetstream`.
 */
export interface JetStreamOptions extends RawOptions<typeof OPTIONS> {}

const SCHEMA = optionsSchema(OPTIONS)
  .refine(...pairOption('username', 'password'))
  .refine(
    ({ username, token, credentialsFile }) =>
      [username, token, credentialsFile].filter((login) => login !== undefined).length < 2,
    together('username, token and credentialsFile', 'exclude each other: give one of them'),
  )
  .transform(({ require: required, ...connection }) => ({ ...connection, requiresFsync: required === 'fsync' }));

/** The options with their defaults. */
export type ResolvedIngest = Readonly<z.output<typeof SCHEMA>>;

/** The injection token of {@link ResolvedIngest}. */
export const INGEST_OPTIONS = Symbol.for('nestjs-audit-ledger:ingest-options');

/** Fills in the defaults, and adds problems to `problems`. */
export function resolveIngest(options: JetStreamOptions, problems: string[]): ResolvedIngest | undefined {
  return parseOptions(SCHEMA, options, problems);
}

function isHttpUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
