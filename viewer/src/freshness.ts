/** A replica of the ledger's database may lag behind, so its responses may be old. */
export interface Freshness {
  /** The time (RFC 3339) up to which the newest response is complete; `undefined` if that response is fresh. */
  readonly late: string | undefined;
  readonly note: (headers: Headers) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/** A shorter lag is not shown, because sealing itself takes a second. */
const FRESH_MS = 5_000;

/** Two times of the server are compared, because the reader's clock may be wrong. */
export function createFreshness(): Freshness {
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
