import timers from 'node:timers';
import promises from 'node:timers/promises';

/**
 * The timers of Node, read when this module is loaded. Fake timers of a test replace the global ones later, so events are delivered, and the
 * application closes, while the clock of a test stands still.
 */
export const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval } = timers;
export const { setTimeout: pause, setImmediate: nextTurn } = promises;
export const { queueMicrotask } = globalThis;
