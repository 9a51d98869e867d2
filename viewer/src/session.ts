/** The reader's bearer token, which is only in memory. After a reload, the reader logs in again, unless the application uses a cookie. */
export interface Session {
  readonly token: string | undefined;
  /** Whether the application refused the token. If so, the reader signs in again, and the page keeps its content. */
  readonly isExpired: boolean;
  /** Whether the session had a token before. */
  readonly wasSignedIn: boolean;
  /** Sets a new token, with which the session is valid again. */
  readonly renew: (token: string | undefined) => void;
  /** Notes that the application answered with the status 401. */
  readonly expire: () => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/**
 * Creates a session, with the token of the embedding page if there is one. With `needsToken`, the session starts as expired, so that the
 * reader signs in before the first request.
 */
export function createSession(initial?: string, needsToken = false): Session {
  const listeners = new Set<() => void>();
  let token = initial;
  let isExpired = needsToken && initial === undefined;
  let wasSignedIn = initial !== undefined;
  const change = (next: string | undefined, expired: boolean) => {
    if (next === token && expired === isExpired) return;
    token = next;
    wasSignedIn ||= next !== undefined;
    isExpired = expired;
    listeners.forEach((listener) => listener());
  };
  return {
    get token() {
      return token;
    },
    get isExpired() {
      return isExpired;
    },
    get wasSignedIn() {
      return wasSignedIn;
    },
    renew: (next) => change(next, false),
    expire: () => change(undefined, true),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
