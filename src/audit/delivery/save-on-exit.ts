import { withTimeout } from '../../base/with-timeout.js';

/** A holder of events that must not be lost when the process ends. */
export interface UnsavedEvents {
  /** Resolves when every event accepted so far is stored, kept or lost. */
  drain(): Promise<void>;
  /** Writes the waiting events to the spill synchronously. */
  keepAtOnce(): void;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** When the process ends, events that are not delivered within this time are written to the spill. */
const DRAIN_MS = 5_000;

const unsavedOwners = new Set<UnsavedEvents>();
let exitSignals = false;

/**
 * Prevents the loss of `owner`'s unsaved events at the end of the process, unless the process is killed. After a signal without another
 * listener, the events are delivered or spilled, and then the process ends. (Nest adds a listener only with `enableShutdownHooks()`.) At
 * `process.exit()`, the events are spilled. Returns a function that unregisters `owner`.
 */
export function saveOnExit(owner: UnsavedEvents): () => void {
  if (unsavedOwners.size === 0) listen('on');
  unsavedOwners.add(owner);
  return () => {
    if (unsavedOwners.delete(owner) && unsavedOwners.size === 0) listen('off');
  };
}

function listen(how: 'on' | 'off'): void {
  for (const signal of SIGNALS) process[how](signal, onSignal);
  process[how]('exit', saveAllSync);
}

/** If the signal has another listener, that listener ends the process, and the listener of `exit` spills the events. */
function onSignal(signal: NodeJS.Signals): void {
  const others = process.listeners(signal).filter((listener) => listener !== onSignal);
  if (others.length > countSignalListeners()) return;
  if (exitSignals) exitOnSignal(signal);
  exitSignals = true;
  const drained = Promise.allSettled([...unsavedOwners].map((owner) => owner.drain()));
  void withTimeout(DRAIN_MS, drained, () => undefined).then(() => {
    exitSignals = false;
    exitOnSignal(signal);
  });
}

/** The first process of a container ignores a signal without a listener, and continues. */
function exitOnSignal(signal: NodeJS.Signals): void {
  saveAllSync();
  listen('off');
  process.kill(process.pid, signal);
  if (unsavedOwners.size > 0) listen('on');
}

function saveAllSync(): void {
  for (const owner of unsavedOwners) owner.keepAtOnce();
}

/** Counts the listeners of the package `signal-exit`, whose listener ends the process only if the signal has no other listener. */
function countSignalListeners(): number {
  const { __signal_exit_emitter__: third } = process as { __signal_exit_emitter__?: { count?: number } };
  const fourth = (globalThis as Record<symbol, { count?: number } | undefined>)[Symbol.for('signal-exit emitter')];
  return (third?.count ?? 0) + (fourth?.count ?? 0);
}
