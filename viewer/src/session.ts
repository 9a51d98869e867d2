/** A token is only in memory, so the reader logs in again after a reload, unless the session is a cookie. */
export interface Session {
  /** {@link COOKIE_SESSION} if the browser sends a cookie instead. */
  readonly token: string | undefined;
  /** If the application refused the token, the reader signs in again, and the page keeps its content. */
  readonly isExpired: boolean;
  readonly wasSignedIn: boolean;
  readonly renew: (token: string | undefined) => void;
  readonly expire: () => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export const COOKIE_SESSION = '';

/** With `needsToken`, the reader signs in before the first request. */
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
