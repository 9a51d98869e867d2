import { ApiError, createApiError } from './api.error.js';
import { createFreshness, type Freshness } from './freshness.js';
import type { ViewerConfig } from './config.js';
import { COOKIE_SESSION, type Session } from './session.js';

/** A list becomes one parameter for each value; `undefined` omits the parameter. Pairs keep their order. */
export type ApiParams =
  | Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
  | readonly (readonly [string, string])[];

/** Paths are relative to the API's own path: `/events`, not `/audit/events`. */
export interface Api {
  /** @throws ApiError for every response with a status other than 2xx. An aborted request throws the signal's reason. */
  readonly get: <T>(path: string, params?: ApiParams, signal?: AbortSignal) => Promise<T>;
  readonly send: <T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown) => Promise<T>;
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly url: (path: string, params?: ApiParams) => string;
  readonly asOf: Freshness;
}

export function createApi(config: ViewerConfig, session: Session): Api {
  const asOf = createFreshness();
  const url = (path: string, params?: ApiParams) => `${config.api}${path}${queryString(params)}`;

  const request = async (address: string, init: RequestInit = {}): Promise<Response> => {
    if (session.isExpired) throw new ApiError('unauthorised', '', []);
    const headers = new Headers(init.headers);
    const sent = session.token;
    if (sent !== undefined && sent !== COOKIE_SESSION) headers.set('authorization', `Bearer ${sent}`);
    const response = await globalThis.fetch(address, { ...init, headers }).catch((cause: unknown) => {
      init.signal?.throwIfAborted();
      throw new ApiError('offline', '', [], { cause });
    });
    asOf.note(response.headers);
    if (response.ok) return response;
    const failure = createApiError(response.status, await response.json().catch(() => undefined));
    // A late response to a request with the old token does not expire the new token.
    if (failure.kind === 'unauthorised' && session.token === sent) session.expire();
    throw failure;
  };

  return {
    url,
    asOf,
    fetch: (path, init) => request(url(path), init),
    get: async <T>(path: string, params?: ApiParams, signal?: AbortSignal) => {
      const response = await request(url(path, params), {
        headers: { accept: 'application/json' },
        signal: signal ?? null,
      });
      return (await response.json()) as T; // docs/reference/viewer-api.md defines the shape of T
    },
    send: async <T>(method: string, path: string, body: unknown = {}) => {
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const response = await request(url(path), { method, headers, body: JSON.stringify(body) });
      const text = await response.text();
      return (text === '' ? undefined : JSON.parse(text)) as T; // docs/reference/viewer-api.md defines the shape of T
    },
  };
}

function queryString(params: ApiParams = {}): string {
  const pairs: (readonly [string, string])[] = isPairs(params)
    ? [...params]
    : Object.entries(params).flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value])
          .filter((each) => each !== undefined)
          .map((each): [string, string] => [name, String(each)]),
      );
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString();
  return text === '' ? '' : `?${text}`;
}

function isPairs(params: ApiParams): params is readonly (readonly [string, string])[] {
  return Array.isArray(params);
}
