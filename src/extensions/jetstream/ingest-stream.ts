import type * as Client from '@nats-io/jetstream';
import type * as Transport from '@nats-io/transport-node';
import { getErrorMessage, readTextFile } from '../../audit/nest-free.js';
import { hideSecrets } from '../../monitoring/errors/hide-secrets.js';
import { createIdentityCheck } from '../../monitoring/store/connections/server-list.js';
import type { ResolvedIngest } from './ingest-options.js';
import { packageErrors } from '../../monitoring/errors/package.errors.js';
import { jetStreamErrors } from './jetstream.errors.js';

/**
 * An open connection to the JetStream stream that accepts events for the ledger. After a failure, the connection switches to another
 * server.
 */
export interface IngestStream {
  readonly connection: Transport.NatsConnection;
  readonly jetstream: Client.JetStreamClient;
  readonly manager: Client.JetStreamManager;
  readonly maxBytes: number;
}

/** The maximum time for an answer of a server, in milliseconds. */
export const NATS_TIMEOUT_MS = 2_000;
/** After two missed pings, the client switches to another server. */
const PING_INTERVAL_MS = 1_500;

/** An envelope with the largest event fits into this `max_payload`. */
const MIN_PAYLOAD = 256 * 1024;
const HEADER_BYTES = 1_024;
const NANOSECONDS = 1_000_000;
const DUPLICATE_WINDOW_MS = 120_000;

export function formatSubject({ stream }: Pick<ResolvedIngest, 'stream'>, origin: string): string {
  return `${stream}.${origin.replace(/[^\w-]/g, '_')}`;
}

/** Loads the packages of the NATS client. @throws `AUDIT_PACKAGE_MISSING` */
export async function loadNats(): Promise<{ readonly transport: typeof Transport; readonly client: typeof Client }> {
  const load = (name: string): Promise<unknown> =>
    import(name).catch((error: unknown) => {
      throw packageErrors.AUDIT_PACKAGE_MISSING.notLoaded(
        'publish events to JetStream for JetStreamModule',
        name,
        error,
      );
    });
  const transport = (await load('@nats-io/transport-node')) as typeof Transport; // of this package
  return { transport, client: (await load('@nats-io/jetstream')) as typeof Client }; // of this package
}

/**
 * Connects, and makes the stream if it is missing. Rejects with the errors of the NATS client.
 *
 * @throws `AUDIT_INGEST_UNSAFE` if the stream could lose events; `AUDIT_PACKAGE_MISSING`
 */
export async function openStream(options: ResolvedIngest, subject: string): Promise<IngestStream> {
  const { client } = await loadNats();
  const connection = await connectToServers(options, options.servers);
  try {
    const manager = await client.jetstreamManager(connection, { timeout: NATS_TIMEOUT_MS, checkAPI: false });
    const { config } = await findOrMake(manager, options);
    const payload = connection.info?.max_payload ?? 0;
    const problems = [
      ...findStreamProblems(config, options, subject),
      ...(payload < MIN_PAYLOAD
        ? [`the max_payload of its servers is ${payload} bytes, less than ${MIN_PAYLOAD}`]
        : []),
    ];
    if (problems.length > 0) throw jetStreamErrors.AUDIT_INGEST_UNSAFE.stream(options.stream, problems);
    const jetstream = client.jetstream(connection, { timeout: NATS_TIMEOUT_MS });
    return { connection, jetstream, manager, maxBytes: payload - HEADER_BYTES };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Connects to one of the given servers. If this fails, rejects with the message of the NATS client, without secrets. */
export async function connectToServers(
  options: ResolvedIngest,
  servers: readonly string[],
): Promise<Transport.NatsConnection> {
  const { transport } = await loadNats();
  const { username: user, password: pass = '', token, credentialsFile, tls, ca } = options;
  const secured = { ...(ca !== undefined && { ca }), checkServerIdentity: createIdentityCheck(servers) };
  const authenticator =
    credentialsFile === undefined
      ? undefined
      : transport.credsAuthenticator(Buffer.from(readTextFile(credentialsFile)));
  const connecting = transport.connect({
    ...{ servers: [...servers], timeout: NATS_TIMEOUT_MS, name: 'nestjs-audit-ledger', ignoreClusterUpdates: true },
    ...{ maxReconnectAttempts: -1, reconnectTimeWait: 250, pingInterval: PING_INTERVAL_MS, maxPingOut: 2 },
    ...(user === undefined ? {} : { user, pass }),
    ...(token === undefined ? {} : { token }),
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(tls && { tls: secured }),
  });
  return connecting.catch((error: unknown) => {
    throw new Error(hideSecrets(getErrorMessage(error), pass, token), { cause: error }); // a server may echo secrets
  });
}

async function findOrMake(manager: Client.JetStreamManager, options: ResolvedIngest): Promise<Client.StreamInfo> {
  const { stream: name, replicas } = options;
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (!getErrorMessage(error).includes('stream not found')) throw error;
  }
  return manager.streams.add({
    ...{ name, subjects: [`${name}.>`], description: 'Events on their way to the audit ledger' },
    ...{ retention: 'limits', discard: 'new', storage: 'file', num_replicas: replicas },
    ...{ max_bytes: -1, max_age: 0, max_msgs: -1, max_msgs_per_subject: -1 },
    duplicate_window: DUPLICATE_WINDOW_MS * NANOSECONDS,
  });
}

function findStreamProblems(
  config: Client.StreamConfig,
  { stream, replicas }: ResolvedIngest,
  subject: string,
): readonly string[] {
  const { subjects, retention, discard, storage, num_replicas: copies, max_age: maxAge } = config;
  const isCovered = [`${stream}.>`, `${stream}.*`, subject].some((each) => subjects.includes(each));
  return [
    ...(isCovered ? [] : [`its subjects lack ${stream}.>`]),
    ...(retention === 'limits' ? [] : [`its retention is ${retention}, not limits, so it removes messages too early`]),
    ...(discard === 'new' ? [] : [`it discards ${discard} messages, not new ones`]),
    ...(storage === 'file' ? [] : [`its storage is ${storage}, not file`]),
    ...(copies >= replicas ? [] : [`it has ${copies} replicas, not ${replicas}`]),
    ...(maxAge === 0 ? [] : ['it removes messages by their age (max_age)']),
    ...(config.max_msgs_per_subject > 0 ? ['it limits the messages of a subject (max_msgs_per_subject)'] : []),
    ...(config.sealed ? ['it is sealed'] : []),
    ...(config.deny_purge ? ['it denies purges (deny_purge), so the leader cannot remove stored messages'] : []),
  ];
}
