import { AuditInterceptor } from './audit.interceptor.js';
import { FirstGuard } from './first.guard.js';

type Activate = (
  this: unknown,
  guards: readonly unknown[],
  args: readonly unknown[],
  instance: object,
  handler: object,
  type?: string,
) => Promise<boolean>;

type Intercept = (
  this: unknown,
  interceptors: readonly unknown[] | undefined,
  args: readonly unknown[],
  instance: object,
  handler: object,
  next: () => Promise<unknown>,
  type?: string,
) => Promise<unknown>;

/**
 * Lets the first guard observe the results of all later guards. Nest reports a guard's denial only to an exception filter that the
 * application chooses, and has no hook around the guards of messages. So this function extends Nest's class that runs guards.
 *
 * @param creator Nest's ExternalContextCreator, which has an instance of that class
 * @returns whether the class has the expected method
 */
export function watchGuards(creator: object): boolean {
  return extend<Activate>(creator, 'guardsConsumer', 'tryActivate', (activate) => {
    return function (guards, args, instance, handler, type = 'http') {
      const first = guards[0];
      const proceed = (): Promise<boolean> => activate.call(this, guards, args, instance, handler, type);
      if (type === 'http' || !(first instanceof FirstGuard)) return proceed();
      return first.watch(type, args, instance.constructor, handler, proceed);
    };
  });
}

/**
 * Lets the audit interceptor run around all other interceptors of an HTTP route. Nest would call this interceptor through several layers of
 * rxjs, which take longer than making an event. So this function extends Nest's class that runs interceptors.
 *
 * @param creator Nest's ExternalContextCreator, which has an instance of that class
 * @returns whether the class has the expected method; if not, the audit interceptor runs like any other interceptor
 */
export function watchInterceptors(creator: object): boolean {
  return extend<Intercept>(creator, 'interceptorsConsumer', 'intercept', (intercept) => {
    return function (interceptors, args, instance, handler, next, type = 'http') {
      const [first, ...others] = interceptors ?? [];
      if (type !== 'http' || !(first instanceof AuditInterceptor)) {
        return intercept.call(this, interceptors, args, instance, handler, next, type);
      }
      const proceed = (): Promise<unknown> =>
        others.length === 0 ? next() : intercept.call(this, others, args, instance, handler, next, type);
      return first.around(args[0], handler, proceed);
    };
  });
}

const extended = new WeakSet();

function extend<Method extends object>(
  holder: object,
  field: string,
  name: string,
  replace: (original: Method) => Method,
): boolean {
  const instance: unknown = Reflect.get(holder, field);
  const prototype: unknown = typeof instance === 'object' && instance !== null && Object.getPrototypeOf(instance);
  if (typeof prototype !== 'object' || prototype === null) return false;
  const original: unknown = Reflect.get(prototype, name);
  if (typeof original !== 'function') return false;
  if (extended.has(original)) return true;
  const replaced = replace(original as unknown as Method); // Nest declares the method with this type
  extended.add(replaced);
  return Reflect.set(prototype, name, replaced);
}
