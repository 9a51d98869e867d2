/** The reader's bearer token. It is kept in memory only: a reload asks for a new log-in, unless the application uses a cookie. */
export interface Session {
  readonly token: string | undefined;
  /** Whether the application refused the token: the page asks for a new one, and keeps what it shows. */
  readonly isExpired: boolean;
  /** Whether there was a token before. */
  readonly wasSignedIn: boolean;
  /** Takes a new token. */
  readonly renew: (token: string | undefined) => void;
  /** Notes that the application answered 401. */
  readonly expire: () => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/**
 * Makes a session with the embedding page's token, or without one. With `needsToken`, it asks for a token at once instead of after the
 * first 401.
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
