/** The freshness of responses that a replica of the ledger's database serves. */
export interface AsOf {
  /** The time (RFC 3339) up to which the newest response is complete; `undefined` if the response is fresh. */
  readonly late: string | undefined;
  /** Reads the freshness from a response's headers. */
  readonly note: (headers: Headers) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/** The replica's lag from which the page shows it. Sealing takes a second, so a shorter lag is not shown. */
const FRESH_MS = 5_000;

/** Compares two times of the server, since the reader's clock may be wrong. */
export function createAsOf(): AsOf {
  const listeners = new Set<() => void>();
  let late: string | undefined;
  return {
    get late() {
      return late;
    },
    note: (headers) => {
      const asOf = headers.get('audit-as-of');
      if (asOf === null) return; // the primary database served the request
      const age = Date.parse(headers.get('date') ?? '') - Date.parse(asOf);
      const next = age > FRESH_MS ? asOf : undefined;
      if (next === late) return;
      late = next;
      listeners.forEach((listener) => listener());
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
