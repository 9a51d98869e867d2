import { parseCheckpoint, parseVerifierKey, type Checkpoint, type VerifierKey } from './notes.js';

export type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** The ledger's server cannot change this memory. */
export interface Memory {
  readonly lastNote: () => string | undefined;
  readonly keepNote: (note: string) => void;
  readonly keys: () => Promise<readonly VerifierKey[]>;
  readonly pin: (key: VerifierKey) => void;
  readonly unpin: (key: VerifierKey) => void;
}

export function createMemory(ledger: string, storage: Storage = getBrowserStorage()): Memory {
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

export function getLastCheckpoint(memory: Memory): Checkpoint | undefined {
  const note = memory.lastNote();
  return note === undefined ? undefined : parseCheckpoint(note);
}

/** The browser may refuse access to its storage. */
function getBrowserStorage(): Storage {
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
