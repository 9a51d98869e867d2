import { AuditInterceptor } from './audit.interceptor.js';

type Intercept = (
  this: unknown,
  interceptors: readonly unknown[] | undefined,
  args: readonly unknown[],
  instance: object,
  handler: object,
  next: () => Promise<unknown>,
  type?: string,
) => Promise<unknown>;

const watched = new WeakSet();

/**
 * Lets the audit interceptor run around the others of an HTTP route without being run as one of them. A route with any interceptor goes
 * through layers of rxjs, which take longer than making an event, and a global interceptor puts them on every route, audited or not. So
 * this extends Nest's class that runs interceptors, once per process, for handlers whose first interceptor is ours.
 *
 * @param creator Nest's ExternalContextCreator, which holds an instance of that class
 * @returns whether the class is as expected; if not, the interceptor runs like any other
 */
export function watchInterceptors(creator: object): boolean {
  const consumer: unknown = Reflect.get(creator, 'interceptorsConsumer');
  const prototype: unknown = typeof consumer === 'object' && consumer !== null && Object.getPrototypeOf(consumer);
  if (typeof prototype !== 'object' || prototype === null) return false;
  if (watched.has(prototype)) return true;
  const original: unknown = Reflect.get(prototype, 'intercept');
  if (typeof original !== 'function') return false;
  const intercept = original as Intercept; // as Nest declares it
  const watching: Intercept = function (interceptors, args, instance, handler, next, type = 'http') {
    const first = interceptors?.[0];
    if (!interceptors || type !== 'http' || !(first instanceof AuditInterceptor)) {
      return intercept.call(this, interceptors, args, instance, handler, next, type);
    }
    const proceed = (): Promise<unknown> =>
      interceptors.length === 1
        ? next()
        : intercept.call(this, interceptors.slice(1), args, instance, handler, next, type);
    return first.around(args[0], handler, proceed);
  };
  Reflect.set(prototype, 'intercept', watching);
  watched.add(prototype);
  return true;
}
