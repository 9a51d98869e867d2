import { withTimeout } from '../../base/with-timeout.js';

/** A holder of events that must not be lost when the process ends. */
export interface Unsaved {
  /** Resolves when every event accepted so far is stored, kept or lost. */
  drain(): Promise<void>;
  /** Writes the waiting events to the spill synchronously. */
  keepAtOnce(): void;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** When the process ends, events that are not delivered within this time are written to the spill. */
const DRAIN_MS = 5_000;

const unsaved = new Set<Unsaved>();
let ending = false;

/**
 * Prevents the loss of `owner`'s unsaved events at the end of the process, unless the process is killed. After a signal without another
 * listener, the events are delivered or spilled, and then the process ends. (Nest adds a listener only with `enableShutdownHooks()`.) At
 * `process.exit()`, the events are spilled. Returns a function that unregisters `owner`.
 */
export function saveBeforeTheEnd(owner: Unsaved): () => void {
  if (unsaved.size === 0) listen('on');
  unsaved.add(owner);
  return () => {
    if (unsaved.delete(owner) && unsaved.size === 0) listen('off');
  };
}

function listen(how: 'on' | 'off'): void {
  for (const signal of SIGNALS) process[how](signal, onSignal);
  process[how]('exit', keepAllAtOnce);
}

/** If the signal has another listener, that listener ends the process, and the listener of `exit` spills the events. */
function onSignal(signal: NodeJS.Signals): void {
  const others = process.listeners(signal).filter((listener) => listener !== onSignal);
  if (others.length > politeListeners()) return;
  if (ending) endBy(signal);
  ending = true;
  const drained = Promise.allSettled([...unsaved].map((owner) => owner.drain()));
  void withTimeout(DRAIN_MS, drained, () => undefined).then(() => {
    ending = false;
    endBy(signal);
  });
}

/** The first process of a container ignores a signal without a listener, and continues. */
function endBy(signal: NodeJS.Signals): void {
  keepAllAtOnce();
  listen('off');
  process.kill(process.pid, signal);
  if (unsaved.size > 0) listen('on');
}

function keepAllAtOnce(): void {
  for (const owner of unsaved) owner.keepAtOnce();
}

/** Counts the listeners of the package `signal-exit`, whose listener ends the process only if the signal has no other listener. */
function politeListeners(): number {
  const { __signal_exit_emitter__: third } = process as { __signal_exit_emitter__?: { count?: number } };
  const fourth = (globalThis as Record<symbol, { count?: number } | undefined>)[Symbol.for('signal-exit emitter')];
  return (third?.count ?? 0) + (fourth?.count ?? 0);
}
