import { parseCheckpoint, parseVerifierKey, type Checkpoint, type VerifierKey } from './notes.js';

/** Where the browser keeps what it saw: `localStorage`, or nothing where the browser refuses. */
export type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** What a browser keeps of one ledger, by the address of its API: a server cannot change it. */
export interface Memory {
  /** The note of the last checkpoint that was right. */
  readonly lastNote: () => string | undefined;
  readonly keepNote: (note: string) => void;
  /** The keys that the reader pasted. */
  readonly keys: () => Promise<readonly VerifierKey[]>;
  readonly pin: (key: VerifierKey) => void;
  readonly unpin: (key: VerifierKey) => void;
}

/** The memory of a ledger. */
export function createMemory(ledger: string, storage: Storage = browserStorage()): Memory {
  const [noteKey, keysKey] = [`audit-viewer.checkpoint ${ledger}`, `audit-viewer.keys ${ledger}`];
  const texts = () => (storage.getItem(keysKey) ?? '').split('\n').filter((text) => text !== '');
  const write = (keys: readonly string[]) => {
    storage.setItem(keysKey, keys.join('\n'));
  };
  return {
    lastNote: () => storage.getItem(noteKey) ?? undefined,
    keepNote: (note) => {
      storage.setItem(noteKey, note);
    },
    keys: async () => {
      const keys = await Promise.all(texts().map(parseVerifierKey));
      return keys.filter((key) => key !== undefined);
    },
    pin: ({ text }) => {
      write([...new Set([...texts(), text])]);
    },
    unpin: ({ text }) => {
      write(texts().filter((each) => each !== text));
    },
  };
}

/** The checkpoint that was kept; a text that is none counts as nothing. */
export function lastSeen(memory: Memory): Checkpoint | undefined {
  const note = memory.lastNote();
  return note === undefined ? undefined : parseCheckpoint(note);
}

/** The browser's storage; where it refuses, one for as long as the page lasts. */
function browserStorage(): Storage {
  try {
    const { localStorage } = globalThis;
    localStorage.getItem('audit-viewer');
    return localStorage;
  } catch {
    const kept = new Map<string, string>();
    return {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => void kept.set(name, value),
      removeItem: (name) => void kept.delete(name),
    };
  }
}
