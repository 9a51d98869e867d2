import { ApiError, errorOf } from './api.error.js';
import { createAsOf, type AsOf } from './as-of.js';
import type { ViewerConfig } from './config.js';
import type { Session } from './session.js';

/** Query parameters: a list repeats its name, and `undefined` omits the parameter. Pairs keep their order. */
export type ApiParams =
  | Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
  | readonly (readonly [string, string])[];

/** The client of the HTTP API. Paths are relative to the API's path: `/events`, not `/audit/events`. */
export interface Api {
  /** @throws ApiError for every response but 2xx. An aborted request throws the signal's reason. */
  readonly get: <T>(path: string, params?: ApiParams, signal?: AbortSignal) => Promise<T>;
  /** @throws ApiError as `get` does. */
  readonly send: <T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown) => Promise<T>;
  /** Returns the whole response, for texts, files and headers. @throws ApiError as `get` does. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** The address of a path on this application, for links and "copy as curl". */
  readonly url: (path: string, params?: ApiParams) => string;
  readonly asOf: AsOf;
}

/** The client of one session. A 401 expires the session. */
export function createApi(config: ViewerConfig, session: Session): Api {
  const asOf = createAsOf();
  const url = (path: string, params?: ApiParams) => `${config.api}${path}${queryString(params)}`;

  const request = async (address: string, init: RequestInit = {}): Promise<Response> => {
    if (session.isExpired) throw new ApiError('unauthorised', '', []);
    const headers = new Headers(init.headers);
    const sent = session.token;
    if (sent !== undefined) headers.set('authorization', `Bearer ${sent}`);
    const answer = await globalThis.fetch(address, { ...init, headers }).catch((cause: unknown) => {
      init.signal?.throwIfAborted();
      throw new ApiError('offline', '', [], { cause });
    });
    asOf.note(answer.headers);
    if (answer.ok) return answer;
    const failure = errorOf(answer.status, await answer.json().catch(() => undefined));
    // A late response to an old token does not expire the new token.
    if (failure.kind === 'unauthorised' && session.token === sent) session.expire();
    throw failure;
  };

  return {
    url,
    asOf,
    fetch: (path, init) => request(url(path), init),
    get: async <T>(path: string, params?: ApiParams, signal?: AbortSignal) => {
      const answer = await request(url(path, params), {
        headers: { accept: 'application/json' },
        signal: signal ?? null,
      });
      return (await answer.json()) as T; // docs/reference/viewer-api.md defines the shape
    },
    send: async <T>(method: string, path: string, body?: unknown) => {
      const json = body === undefined ? {} : { body: JSON.stringify(body) };
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const answer = await request(url(path), { method, headers, ...json });
      const text = await answer.text();
      return (text === '' ? undefined : JSON.parse(text)) as T; // as for get()
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
