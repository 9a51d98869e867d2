import { getErrorMessage, parseJson } from '../../audit/nest-free.js';
import type { ResolvedIngest } from './ingest-options.js';
import { connectToServers } from './ingest-stream.js';

/** How a NATS server stores an event before the server acknowledges the event. */
export interface DurabilityGuarantee {
  readonly server: string;
  /** Whether the server calls fsync for each write; `undefined` if unknown. */
  readonly syncs: boolean | undefined;
  /** A clause that describes how the server stores an event. */
  readonly text: string;
}

const HTTP_TIMEOUT_MS = 2_000;
const NANOSECONDS_PER_SECOND = 1_000_000_000;

/** Reads how each server stores events, from the monitoring ports in the options, or otherwise from the server's version. Never rejects. */
export async function readPromises(options: ResolvedIngest): Promise<readonly DurabilityGuarantee[]> {
  const { monitoringUrls, servers } = options;
  if (monitoringUrls.length > 0) return Promise.all(monitoringUrls.map(readMonitoring));
  return Promise.all(servers.map((server) => readVersion(options, server)));
}

export function describePromises({ replicas }: ResolvedIngest, promises: readonly DurabilityGuarantee[]): string {
  const survives = (replicas - 1) / 2;
  const copies =
    replicas === 1
      ? 'An accepted event is on one server, and is lost with this server.'
      : `An accepted event is on ${survives + 1} of ${replicas} servers, and survives the loss of ${survives}.`;
  const disks = promises.every(({ syncs }) => syncs === true)
    ? 'Each server writes an event to its disk before it acknowledges the event.'
    : 'A power cut of all servers at once can lose the last events.';
  return `${copies} ${disks} ${promises.map(({ server, text }) => `${server}: ${text}.`).join(' ')}`;
}

async function readMonitoring(url: string): Promise<DurabilityGuarantee> {
  try {
    const response = await fetch(new URL('/varz', url), { signal: AbortSignal.timeout(HTTP_TIMEOUT_MS) });
    const state = Object(parseJson(await response.text())) as Readonly<Record<string, unknown>>; // the next statements check the type of each field
    const { server_name: name = url, version, jetstream } = state;
    const { config } = Object(jetstream) as { readonly config?: Readonly<Record<string, unknown>> };
    const { sync_always: always, sync_interval: interval } = Object(config) as Readonly<Record<string, unknown>>;
    const { text, syncs } = getVersionGuarantee(String(version));
    if (syncs === false) return { server: String(name), syncs, text };
    if (always === true)
      return { server: String(name), syncs: true, text: `version ${String(version)} calls fsync for each write` };
    if (typeof interval !== 'number') return { server: String(name), syncs: undefined, text };
    const seconds = interval / NANOSECONDS_PER_SECOND;
    return { server: String(name), syncs: false, text: `version ${String(version)} calls fsync every ${seconds} s` };
  } catch (error) {
    return toUnknownGuarantee(url, error);
  }
}

async function readVersion(options: ResolvedIngest, server: string): Promise<DurabilityGuarantee> {
  try {
    const connection = await connectToServers(options, [server]);
    const { version = '', server_name: name = server } = connection.info ?? {};
    await connection.close();
    return { server: name, ...getVersionGuarantee(version) };
  } catch (error) {
    return toUnknownGuarantee(server, error);
  }
}

function toUnknownGuarantee(server: string, error: unknown): DurabilityGuarantee {
  return { server, syncs: undefined, text: `the server does not answer (${getErrorMessage(error)})` };
}

/** In NATS, `sync_interval: always` exists since version 2.10.0, and works for replicated streams since version 2.10.23. */
function getVersionGuarantee(version: string): Pick<DurabilityGuarantee, 'syncs' | 'text'> {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const isOld = major < 2 || (major === 2 && (minor < 10 || (minor === 10 && patch < 23)));
  if (isOld)
    return {
      syncs: false,
      text: `version ${version} calls fsync by default every 2 minutes, and never for each write`,
    };
  return {
    syncs: undefined,
    text: `version ${version}; only its monitoring port reveals how often it calls fsync (option monitoringUrls)`,
  };
}
