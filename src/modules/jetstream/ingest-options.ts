import { InvalidOptionsError } from '../../audit/plain.js';
import { problemsOfNumber, problemsOfText, problemsOfWord } from '../monitoring/connections/option-problems.js';
import { problemsOfServers } from '../monitoring/connections/server-list.js';

/** A stream of NATS JetStream in front of the ledger, by `@nats-io/transport-node` and `@nats-io/jetstream`, which you install. */
export interface JetStreamConnection {
  /** `host:port` of each server. */
  readonly servers: readonly string[];
  /** The name of the JetStream stream: letters, digits, `-` and `_`. It is made if it is missing, and is for this alone. */
  readonly stream: string;
  /** How many servers keep an event: 1, 3 or 5. More than half of them acknowledge it. @defaultValue 3 */
  readonly replicas?: 1 | 3 | 5;
  /** What `record()` waits for: JetStream has the event (`accepted`), or the ledger does (`recorded`). @defaultValue 'accepted' */
  readonly acknowledge?: 'accepted' | 'recorded';
  /** Whether this process also stores what JetStream has, if no other does. With `false`, run `nestjs-audit-ledger worker`. @defaultValue true */
  readonly worker?: boolean;
  /** With `password`. */
  readonly username?: string | undefined;
  /** With `username`. */
  readonly password?: string | undefined;
  /** Instead of a name and a password. */
  readonly token?: string | undefined;
  /** Instead: a file of credentials (`.creds`), which is read with each connection. */
  readonly credentialsFile?: string | undefined;
  /** Whether TLS is required. @defaultValue true */
  readonly tls?: boolean;
  /** Certificates that sign the servers', in PEM. Default: those of Node. */
  readonly ca?: string | undefined;
  /** The URL of each server's monitoring port, such as `http://10.0.0.1:8222`. The boot reads there how often the server calls fsync. */
  readonly monitoringUrls?: readonly string[];
  /** How many bytes the stream holds, if it is made: then events go to the spill. Default: as much as the servers give. */
  readonly maxBytes?: number;
}

/**
 * The options of `JetStreamModule`: a stream of NATS JetStream in front of the ledger. `record()` resolves when it has the event, and a worker
 * stores it. For bursts, and for the time in which PostgreSQL does not answer. Give every instance the same.
 */
export interface JetStreamOptions extends JetStreamConnection {
  /** `'fsync'`: refuse to start unless each server is known to write an event to its disk before it acknowledges it. Default: say what they promise. */
  readonly require?: 'fsync' | undefined;
}

/** The options with their defaults. */
export interface ResolvedIngest
  extends
    Required<Pick<JetStreamConnection, 'servers' | 'stream' | 'replicas' | 'acknowledge' | 'worker' | 'tls'>>,
    Pick<JetStreamConnection, 'username' | 'password' | 'token' | 'credentialsFile' | 'ca' | 'maxBytes'> {
  readonly monitoringUrls: readonly string[];
  readonly requiresFsync: boolean;
}

/** The injection token of {@link ResolvedIngest}. */
export const INGEST_OPTIONS = Symbol.for('nestjs-audit-ledger:ingest-options');

const NAMES: Readonly<Record<keyof JetStreamOptions, true>> = {
  ...{ servers: true, stream: true, replicas: true, acknowledge: true, worker: true, username: true, password: true },
  ...{ token: true, credentialsFile: true, tls: true, ca: true, monitoringUrls: true, maxBytes: true, require: true },
};

const STREAM_NAME = /^[\w-]{1,64}$/;
const REPLICAS: readonly unknown[] = [1, 3, 5];
const LEAST_BYTES = 16 * 1024 * 1024;

/** Fills in the defaults, and adds problems to `problems`. */
export function resolveIngest(options: JetStreamOptions, problems: string[]): ResolvedIngest {
  const { require: required, ...connection } = options;
  problems.push(
    ...InvalidOptionsError.unknownOptions(options, NAMES),
    ...problemsOf(connection),
    ...problemsOfWord('require', required, ['fsync']),
  );
  const { replicas = 3, acknowledge = 'accepted', worker = true, tls = true, monitoringUrls = [] } = connection;
  return { ...connection, replicas, acknowledge, worker, tls, monitoringUrls, requiresFsync: required === 'fsync' };
}

function problemsOf(jetstream: JetStreamConnection): readonly string[] {
  const { servers, stream, replicas = 3, acknowledge, worker = true, tls = true, monitoringUrls = [] } = jetstream;
  const { username, password, token, credentialsFile, ca, maxBytes } = jetstream;
  const texts = { username, password, token, credentialsFile, ca };
  const ways = [username, token, credentialsFile].filter((way) => way !== undefined);
  return [
    ...problemsOfServers('servers', servers, 'nats.example.com:4222'),
    ...(typeof stream === 'string' && STREAM_NAME.test(stream)
      ? []
      : ['stream must be a name of letters, digits, - and _']),
    ...(REPLICAS.includes(replicas) ? [] : [`replicas is ${String(replicas)}, not 1, 3 or 5`]),
    ...problemsOfWord('acknowledge', acknowledge, ['accepted', 'recorded']),
    ...Object.entries({ worker, tls }).flatMap(([name, value]) =>
      typeof value === 'boolean' ? [] : [`${name} is neither true nor false`],
    ),
    ...Object.entries(texts).flatMap(([name, value]) => (value === undefined ? [] : problemsOfText(name, value))),
    ...(ways.length > 1 ? ['username, token and credentialsFile exclude each other: give one of them'] : []),
    ...((username === undefined) === (password === undefined) ? [] : ['username and password are given together']),
    ...(Array.isArray(monitoringUrls) && monitoringUrls.every(isHttpUrl)
      ? []
      : ['monitoringUrls must be a list such as ["http://10.0.0.1:8222"]']),
    ...problemsOfNumber('maxBytes', maxBytes, [LEAST_BYTES, Number.MAX_SAFE_INTEGER]),
  ];
}

function isHttpUrl(url: unknown): boolean {
  return typeof url === 'string' && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
