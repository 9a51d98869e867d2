/** How fresh the answers are, where a replica of the ledger's database gives them. */
export interface AsOf {
  /** Until when the newest answer has everything (RFC 3339), if that is some seconds ago; `undefined` for a fresh one. */
  readonly late: string | undefined;
  /** Notes what an answer says. */
  readonly note: (headers: Headers) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/** Less is not worth a sentence: events take a second to be sealed. */
const FRESH_MS = 5_000;

/** Both times are of the server: the reader's clock may be wrong. */
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
