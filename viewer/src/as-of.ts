/** How fresh the answers are, if a replica of the ledger's database gives them. */
export interface AsOf {
  /** The time (RFC 3339) up to which the newest answer is complete, if it is some seconds old; `undefined` for a fresh answer. */
  readonly late: string | undefined;
  /** Notes the freshness of an answer. */
  readonly note: (headers: Headers) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/** The delay from which the page mentions it: sealing takes a second anyway. */
const FRESH_MS = 5_000;

/** Compares two times of the server, because the reader's clock may be wrong. */
export function createAsOf(): AsOf {
  const listeners = new Set<() => void>();
  let late: string | undefined;
  return {
    get late() {
      return late;
    },
    note: (headers) => {
      const asOf = headers.get('audit-as-of');
      if (asOf === null) return; // the primary answered
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
