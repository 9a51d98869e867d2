import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { numberedRequestId } from '../../../support/request-ids.js';

export interface SeenResponse {
  readonly requestId: string;
  readonly route: string;
  readonly status: number;
  readonly seenAtMs: number;
}

export interface LoadRoute {
  readonly path: string;
  /** Of ten connections, how many send the route. */
  readonly share: number;
  readonly body: (requestId: string) => object;
}

export interface LoadOptions {
  /** The address may change after a restart. */
  readonly url: () => string;
  readonly routes: readonly LoadRoute[];
  readonly prefix: string;
  readonly connections?: number;
  readonly pauseMs?: () => number;
}

const CONNECTIONS = 50;
const PATIENCE_MS = 8_000;
const BACK_OFF_MS = 50;

export type LoadedWork = (seen: readonly SeenResponse[]) => Promise<void>;

export async function loadDuring(options: LoadOptions, during: LoadedWork): Promise<readonly SeenResponse[]> {
  const { connections = CONNECTIONS, pauseMs = () => 0 } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const seen: SeenResponse[] = [];
  let done = false;
  let count = 0;
  const client = async (route: LoadRoute): Promise<void> => {
    while (!done) {
      const requestId = numberedRequestId(options.prefix, ++count);
      const status = await post(agent, options, route, requestId).catch(() => undefined);
      if (status !== undefined) seen.push({ requestId, route: route.path, status, seenAtMs: Date.now() });
      const restMs = status === undefined ? BACK_OFF_MS : pauseMs();
      if (restMs > 0) await pause(restMs);
    }
  };
  const slots = options.routes.flatMap((route) => Array<LoadRoute>(route.share).fill(route));
  const clients = Array.from({ length: connections }, (_, index) => {
    const route = slots[index % slots.length];
    if (route === undefined) throw new Error('Cannot load: there are no routes. Name one.');
    return client(route);
  });
  try {
    await during(seen);
  } finally {
    done = true;
    await Promise.all(clients);
    agent.destroy();
  }
  return seen;
}

function post(agent: Agent, options: LoadOptions, { path, body }: LoadRoute, requestId: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      options.url() + path,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'x-request-id': requestId },
        signal: AbortSignal.timeout(PATIENCE_MS),
      },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
        response.once('error', reject);
        response.once('close', () => reject(new Error('the response was cut')));
      },
    );
    sent.once('error', reject);
    sent.end(JSON.stringify(body(requestId)));
  });
}
