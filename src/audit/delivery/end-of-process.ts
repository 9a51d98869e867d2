import { withTimeout } from './with-timeout.js';

/** A holder of events that must not be lost with the process. */
export interface Unsaved {
  /** Resolves when every event accepted so far is stored, kept or lost. */
  drain(): Promise<void>;
  /** Writes the waiting events to the spill synchronously. */
  keepAtOnce(): void;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** How long a signal waits for providers. Then the remaining events are written to the spill. */
const DRAIN_MS = 5_000;

const unsaved = new Set<Unsaved>();
let ending = false;

/**
 * Prevents the loss of `owner`'s unsaved events at the end of the process, unless the process is killed. A signal without another listener
 * first delivers or spills the events, and then ends the process. (Nest adds a listener only with `enableShutdownHooks()`.) At
 * `process.exit()`, the events are spilled. Returns a function that ends the protection.
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

/** Handles a signal. Another listener of the signal, if any, ends the process itself, and then `exit` is emitted. */
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

/** Ends the process by the signal. The first process of a container ignores a signal without a listener, and continues. */
function endBy(signal: NodeJS.Signals): void {
  keepAllAtOnce();
  listen('off');
  process.kill(process.pid, signal);
  if (unsaved.size > 0) listen('on');
}

function keepAllAtOnce(): void {
  for (const owner of unsaved) owner.keepAtOnce();
}

/** Counts the listeners of the package `signal-exit`, which ends the process only if there is no other listener. */
function politeListeners(): number {
  const { __signal_exit_emitter__: third } = process as { __signal_exit_emitter__?: { count?: number } };
  const fourth = (globalThis as Record<symbol, { count?: number } | undefined>)[Symbol.for('signal-exit emitter')];
  return (third?.count ?? 0) + (fourth?.count ?? 0);
}
