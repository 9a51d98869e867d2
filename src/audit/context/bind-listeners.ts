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
  const add = (name: string, listener: Listener, isOnce: boolean): EventEmitter => {
    const run = AsyncResource.bind(listener);
    const runOnce: Listener = (...args) => {
      emitter.removeListener(name, runOnce);
      return run.apply(emitter, args);
    };
    const own = Object.assign(isOnce ? runOnce : run, { listener }); // `removeListener` compares this field, too
    return on(name, own);
  };
  const addListener = (name: string, listener: Listener): EventEmitter => add(name, listener, false);
  const once = (name: string, listener: Listener): EventEmitter => add(name, listener, true);
  Object.assign(emitter, { on: addListener, addListener, once, emit: AsyncResource.bind(emitter.emit.bind(emitter)) });
}
