import { withTimeout } from './with-timeout.js';

/** What has events that must not end with the process. */
export interface Unsaved {
  /** Resolves when every event accepted so far is stored, kept or lost. */
  drain(): Promise<void>;
  /** Puts what still waits into the spill, before it returns. */
  keepAtOnce(): void;
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** How long a signal waits for providers; what is left then goes to the spill. */
const DRAIN_MS = 5_000;

const unsaved = new Set<Unsaved>();
let ending = false;

/**
 * From now on, the process does not end with events of `owner` unsaved, unless it is killed. On a signal that nobody else
 * listens to, as Nest does only after `enableShutdownHooks()`, they are brought to their providers, and what is left then to
 * the spill; the process ends by the signal afterwards, as it would have. At `process.exit()` they go to the spill.
 *
 * @returns to be called when nothing can be unsaved any more
 */
export function saveBeforeTheEnd(owner: Unsaved): () => void {
  if (unsaved.size === 0) listen();
  unsaved.add(owner);
  return () => {
    if (unsaved.delete(owner) && unsaved.size === 0) stopListening();
  };
}

function listen(): void {
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('exit', keepAllAtOnce);
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, onSignal);
  process.off('exit', keepAllAtOnce);
}

/** Any other listener decides how the process ends, and `exit` follows. */
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

/** The first process of a container outlives a signal that it has no listener for: then all continues. */
function endBy(signal: NodeJS.Signals): void {
  keepAllAtOnce();
  stopListening();
  process.kill(process.pid, signal);
  if (unsaved.size > 0) listen();
}

function keepAllAtOnce(): void {
  for (const owner of unsaved) owner.keepAtOnce();
}

/** How many listeners are of the package `signal-exit`, which ends the process only when nobody else listens. */
function politeListeners(): number {
  const { __signal_exit_emitter__: third } = process as { __signal_exit_emitter__?: { count?: number } };
  const fourth = (globalThis as Record<symbol, { count?: number } | undefined>)[Symbol.for('signal-exit emitter')];
  return (third?.count ?? 0) + (fourth?.count ?? 0);
}
