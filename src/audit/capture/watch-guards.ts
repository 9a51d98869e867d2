import type { CanActivate } from '@nestjs/common';
import { FirstGuard } from './first.guard.js';

type Activate = (
  this: unknown,
  guards: readonly CanActivate[],
  args: readonly unknown[],
  instance: object,
  handler: object,
  type?: string,
) => Promise<boolean>;

const watched = new WeakSet();

/**
 * Lets the first guard see how the guards after it ended. Nest reports a guard's denial only to an exception filter that the application
 * chooses, and has no hook around the guards of messages. So this extends Nest's class that runs guards, once per process, for handlers
 * whose first guard is ours.
 *
 * @param creator Nest's ExternalContextCreator, which holds an instance of that class
 * @returns whether the class is as expected
 */
export function watchGuards(creator: object): boolean {
  const consumer: unknown = Reflect.get(creator, 'guardsConsumer');
  const prototype: unknown = typeof consumer === 'object' && consumer !== null && Object.getPrototypeOf(consumer);
  if (typeof prototype !== 'object' || prototype === null) return false;
  if (watched.has(prototype)) return true;
  const original: unknown = Reflect.get(prototype, 'tryActivate');
  if (typeof original !== 'function') return false;
  const activate = original as Activate; // as Nest declares it
  const watching: Activate = function (guards, args, instance, handler, type = 'http') {
    const first = guards[0];
    const proceed = (): Promise<boolean> => activate.call(this, guards, args, instance, handler, type);
    if (type === 'http' || !(first instanceof FirstGuard)) return proceed();
    return first.watch(type, args, instance.constructor, handler, proceed);
  };
  Reflect.set(prototype, 'tryActivate', watching);
  watched.add(prototype);
  return true;
}
