import { AsyncResource } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';

type Listener = (...args: unknown[]) => unknown;

const bound = new WeakSet<EventEmitter>();

/**
 * Lets each listener run in the scope of the code that adds it. Rows arrive in the scope of their connection, which serves many requests.
 * Earlier listeners run in the current scope.
 */
export function bindListeners(emitter: EventEmitter): void {
  if (bound.has(emitter)) return;
  bound.add(emitter);
  const on = emitter.on.bind(emitter);
  const add = (isOnce: boolean) => (name: string, listener: Listener) => {
    const run = AsyncResource.bind(listener);
    const own: Listener = (...args) => {
      if (isOnce) emitter.removeListener(name, own);
      return run.apply(emitter, args);
    };
    return on(name, Object.assign(own, { listener })); // `removeListener` compares this field, too
  };
  const emit = AsyncResource.bind(emitter.emit.bind(emitter));
  Object.assign(emitter, { on: add(false), addListener: add(false), once: add(true), emit });
}
