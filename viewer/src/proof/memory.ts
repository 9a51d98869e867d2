import { parseCheckpoint, parseVerifierKey, type Checkpoint, type VerifierKey } from './notes.js';

/** The browser's `localStorage`, or a storage that lasts until the page is closed. */
export type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** What the browser remembers about one ledger, by the address of the ledger's API. The ledger's server cannot change this memory. */
export interface Memory {
  /** The note of the checkpoint that was verified last. */
  readonly lastNote: () => string | undefined;
  readonly keepNote: (note: string) => void;
  /** The verifier keys that the reader pasted. */
  readonly keys: () => Promise<readonly VerifierKey[]>;
  readonly pin: (key: VerifierKey) => void;
  readonly unpin: (key: VerifierKey) => void;
}

/** Creates the memory for a ledger. */
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

/** Returns the checkpoint that is stored; `undefined` if none is stored or the text is invalid. */
export function lastSeen(memory: Memory): Checkpoint | undefined {
  const note = memory.lastNote();
  return note === undefined ? undefined : parseCheckpoint(note);
}

/** Returns the browser's storage. If the browser refuses access, returns a storage that lasts until the page is closed. */
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
