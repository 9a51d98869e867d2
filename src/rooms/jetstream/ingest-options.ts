import {
  problemsOfNumber,
  problemsOfPair,
  problemsOfSwitch,
  problemsOfText,
  problemsOfWord,
} from '../../monitoring/store/connections/option-problems.js';
import { problemsOfServers } from '../../monitoring/store/connections/server-list.js';
import { unknownOptions } from '../../audit/plain.js';

/**
 * The connection to a NATS JetStream stream, which accepts events before the ledger stores them. Install `@nats-io/transport-node` and
 * `@nats-io/jetstream`.
 */
export interface JetStreamConnection {
  /** `host:port` of each server. */
  readonly servers: readonly string[];
  /**
   * The name of the JetStream stream: letters, digits, `-` and `_`. The library makes the stream if it does not exist. Use the stream for
   * nothing else.
   */
  readonly stream: string;
  /** How many servers store each event: 1, 3 or 5. JetStream accepts an event once more than half of these servers have it. @defaultValue 3 */
  readonly replicas?: 1 | 3 | 5;
  /** When `record()` resolves: once JetStream has the event (`accepted`), or once the ledger has it (`recorded`). @defaultValue 'accepted' */
  readonly acknowledge?: 'accepted' | 'recorded';
  /** The user name. Requires `password`. */
  readonly username?: string | undefined;
  /** The password. Requires `username`. */
  readonly password?: string | undefined;
  /** A token, instead of a user name and a password. */
  readonly token?: string | undefined;
  /** A credentials file (`.creds`), instead of a user name or a token. Each new connection reads the file again. */
  readonly credentialsFile?: string | undefined;
  /** Whether TLS is required. @defaultValue true */
  readonly tls?: boolean;
  /** The certificates of the authorities that sign the servers' certificates, in PEM. Default: the certificates of Node. */
  readonly ca?: string | undefined;
  /**
   * The URL of each server's monitoring port, such as `http://10.0.0.1:8222`. At boot, the module reads from this port how often the server
   * calls fsync.
   */
  readonly monitoringUrls?: readonly string[];
  /** The maximum size in bytes of a stream that the library makes. While the stream is full, events go to the spill. Default: unlimited. */
  readonly maxBytes?: number;
}

/**
 * The options of `JetStreamModule`. JetStream accepts events, and the leader seals them. Use this module for bursts of events, and to
 * accept events while PostgreSQL does not answer. All instances need the same options.
 */
export interface JetStreamOptions extends JetStreamConnection {
  /**
   * With `'fsync'`, the application starts only if each server writes an event to its disk before it acknowledges the event. By default,
   * the application only logs how each server stores events.
   */
  readonly require?: 'fsync' | undefined;
}

/** The options with their defaults. */
export interface ResolvedIngest
  extends
    Required<Pick<JetStreamConnection, 'servers' | 'stream' | 'replicas' | 'acknowledge' | 'tls'>>,
    Pick<JetStreamConnection, 'username' | 'password' | 'token' | 'credentialsFile' | 'ca' | 'maxBytes'> {
  readonly monitoringUrls: readonly string[];
  readonly requiresFsync: boolean;
}

/** The injection token of {@link ResolvedIngest}. */
export const INGEST_OPTIONS = Symbol.for('nestjs-audit-ledger:ingest-options');

const NAMES: Readonly<Record<keyof JetStreamOptions, true>> = {
  ...{ servers: true, stream: true, replicas: true, acknowledge: true, username: true, password: true },
  ...{ token: true, credentialsFile: true, tls: true, ca: true, monitoringUrls: true, maxBytes: true, require: true },
};

const STREAM_NAME = /^[\w-]{1,64}$/;
const REPLICAS: readonly unknown[] = [1, 3, 5];
const LEAST_BYTES = 16 * 1024 * 1024;

/** Fills in the defaults, and adds problems to `problems`. */
export function resolveIngest(options: JetStreamOptions, problems: string[]): ResolvedIngest {
  const { require: required, ...connection } = options;
  problems.push(
    ...unknownOptions(options, NAMES),
    ...problemsOf(connection),
    ...problemsOfWord('require', required, ['fsync']),
  );
  const { replicas = 3, acknowledge = 'accepted', tls = true, monitoringUrls = [] } = connection;
  return { ...connection, replicas, acknowledge, tls, monitoringUrls, requiresFsync: required === 'fsync' };
}

function problemsOf(jetstream: JetStreamConnection): readonly string[] {
  const { servers, stream, replicas = 3, acknowledge, tls, monitoringUrls = [] } = jetstream;
  const { username, password, token, credentialsFile, ca, maxBytes } = jetstream;
  const texts = { username, password, token, credentialsFile, ca };
  const logins = [username, token, credentialsFile].filter((login) => login !== undefined);
  return [
    ...problemsOfServers('servers', servers, 'nats.example.com:4222'),
    ...(typeof stream === 'string' && STREAM_NAME.test(stream)
      ? []
      : ['stream must be a name of letters, digits, - and _']),
    ...(REPLICAS.includes(replicas) ? [] : [`replicas is ${String(replicas)}, not 1, 3 or 5`]),
    ...problemsOfWord('acknowledge', acknowledge, ['accepted', 'recorded']),
    ...problemsOfSwitch('tls', tls),
    ...Object.entries(texts).flatMap(([name, value]) => (value === undefined ? [] : problemsOfText(name, value))),
    ...(logins.length > 1 ? ['username, token and credentialsFile exclude each other: give one of them'] : []),
    ...problemsOfPair('username and password', username, password),
    ...(Array.isArray(monitoringUrls) && monitoringUrls.every(isHttpUrl)
      ? []
      : ['monitoringUrls must be a list such as ["http://10.0.0.1:8222"]']),
    ...problemsOfNumber('maxBytes', maxBytes, [LEAST_BYTES, Number.MAX_SAFE_INTEGER]),
  ];
}

function isHttpUrl(url: unknown): boolean {
  return typeof url === 'string' && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
