import { errorMessage, parseJson } from '../../audit/plain.js';
import type { ResolvedIngest } from './ingest-options.js';
import { connectTo } from './ingest-stream.js';

/** What a server does before it acknowledges an event, as far as its settings can be read. */
export interface ServerPromise {
  readonly server: string;
  /** Whether it calls fsync for each write; `undefined` if unknown. */
  readonly syncs: boolean | undefined;
  readonly says: string;
}

const HTTP_TIMEOUT_MS = 2_000;
const NANOSECONDS_OF_SECOND = 1_000_000_000;

/**
 * Reads what each server promises: from its monitoring port if one is given, otherwise from its version, which it reveals to every client.
 * Never rejects.
 */
export async function readPromises(options: ResolvedIngest): Promise<readonly ServerPromise[]> {
  const { monitoringUrls, servers } = options;
  if (monitoringUrls.length > 0) return Promise.all(monitoringUrls.map(readMonitoring));
  return Promise.all(servers.map((server) => readVersion(options, server)));
}

/** Describes in a sentence what an acknowledgement of the servers means. */
export function describePromises({ replicas }: ResolvedIngest, promises: readonly ServerPromise[]): string {
  const survives = (replicas - 1) / 2;
  const copies =
    replicas === 1
      ? 'An accepted event is on one server, and is lost with it.'
      : `An accepted event is on ${survives + 1} of ${replicas} servers, and survives the loss of ${survives}.`;
  const disks = promises.every(({ syncs }) => syncs === true)
    ? 'Each server writes it to its disk before.'
    : 'A power cut of all servers at once can lose the last ones.';
  return `${copies} ${disks} ${promises.map(({ server, says }) => `${server}: ${says}.`).join(' ')}`;
}

async function readMonitoring(url: string): Promise<ServerPromise> {
  try {
    const response = await fetch(new URL('/varz', url), { signal: AbortSignal.timeout(HTTP_TIMEOUT_MS) });
    const state = Object(parseJson(await response.text())) as Readonly<Record<string, unknown>>; // read field by field
    const { server_name: name = url, version, jetstream } = state;
    const { config } = Object(jetstream) as { readonly config?: Readonly<Record<string, unknown>> };
    const { sync_always: always, sync_interval: interval } = Object(config) as Readonly<Record<string, unknown>>;
    const { says, syncs } = ofVersion(String(version));
    if (syncs === false) return { server: String(name), syncs, says };
    if (always === true)
      return { server: String(name), syncs: true, says: `version ${String(version)} calls fsync for each write` };
    if (typeof interval !== 'number') return { server: String(name), syncs: undefined, says };
    const seconds = interval / NANOSECONDS_OF_SECOND;
    return { server: String(name), syncs: false, says: `version ${String(version)} calls fsync every ${seconds} s` };
  } catch (error) {
    return { server: url, syncs: undefined, says: `it does not tell (${errorMessage(error)})` };
  }
}

async function readVersion(options: ResolvedIngest, server: string): Promise<ServerPromise> {
  try {
    const connection = await connectTo(options, [server]);
    const { version = '', server_name: name = server } = connection.info ?? {};
    await connection.close();
    return { server: name, ...ofVersion(version) };
  } catch (error) {
    return { server, syncs: undefined, says: `it does not tell (${errorMessage(error)})` };
  }
}

/** `sync_interval: always` exists since 2.10.0, and works for replicated streams since 2.10.23. */
function ofVersion(version: string): Pick<ServerPromise, 'syncs' | 'says'> {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const isOld = major < 2 || (major === 2 && (minor < 10 || (minor === 10 && patch < 23)));
  if (isOld)
    return {
      syncs: false,
      says: `version ${version} calls fsync every 2 minutes unless it is set otherwise, never for each write`,
    };
  return {
    syncs: undefined,
    says: `version ${version}; how often it calls fsync is known at its monitoring port alone (monitoringUrls)`,
  };
}
