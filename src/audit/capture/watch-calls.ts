import { getCurrentScope, runInScope, getRequestScope } from '../context/audit-context.js';
import { AuditInterceptor } from './audit.interceptor.js';
import { FirstGuard } from './first.guard.js';
import { findLiveApplication } from './live-applications.service.js';
import { getCapture } from './audited-operation.js';
import { runHandler } from './handler-run.js';
import { getMessageOperation } from './messages.js';

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

/** The guard and the interceptor that each application's AuditModule puts before all others. */
const enhancers = new WeakMap<object, { readonly guard: FirstGuard; readonly interceptor: AuditInterceptor }>();

/**
 * Lets the first guard of each application observe the results of all later guards, and the audit interceptor run around all other
 * interceptors. This function extends Nest's classes that run guards and interceptors, for four reasons:
 *
 * - Nest reports a guard's denial only to an exception filter that the application chooses, and has no hook around the guards of messages.
 * - Nest would call the interceptor of a route through several layers of rxjs, which take longer than making an event.
 * - A microservice that is connected without `inheritAppConfig`, and each gateway of Nest 11, has no global guards and interceptors.
 * - Nest does not report the end of a handler that outlives its answer.
 *
 * @param creator Nest's ExternalContextCreator, which has an instance of each class
 * @returns whether both classes have the expected methods
 */
export function watchCalls(
  creator: object,
  modules: object,
  own: { readonly guard: FirstGuard; readonly interceptor: AuditInterceptor },
): boolean {
  enhancers.set(modules, own);
  const areGuardsWatched = patchMethod<Activate>(creator, 'guardsConsumer', 'tryActivate', (activate) => {
    return function (guards, args, instance, handler, type = 'http') {
      const first = guards[0];
      const proceed = (): Promise<boolean> => activate.call(this, guards, args, instance, handler, type);
      if (type === 'http') return runInRequest(args[0], proceed);
      const guard = first instanceof FirstGuard ? first : getOwnEnhancers(type, instance)?.guard;
      return guard ? guard.watch(type, args, instance.constructor, handler, proceed) : proceed();
    };
  });
  const areInterceptorsWatched = patchMethod<Intercept>(creator, 'interceptorsConsumer', 'intercept', (intercept) => {
    return function (interceptors = [], args, instance, handler, next, type = 'http') {
      const [first, ...others] = interceptors;
      const missing = first instanceof AuditInterceptor ? undefined : getOwnEnhancers(type, instance);
      if (missing && !getMessageOperation(args)) missing.guard.open(type, args, instance.constructor, handler); // a handler without guards
      const request = type === 'http' ? (args[0] as object | undefined) : undefined; // a route's first argument
      const scope = getRequestScope(request);
      const operation = getCapture(request) ?? getMessageOperation(args) ?? (scope && { scope });
      const run = operation ? (): Promise<unknown> => runHandler(operation, next) : next;
      const among = (all: readonly unknown[]): Promise<unknown> =>
        runInRequest(request, () => intercept.call(this, all, args, instance, handler, run, type));
      if (missing) return among([missing.interceptor, ...interceptors]);
      if (type !== 'http' || !(first instanceof AuditInterceptor)) return among(interceptors);
      const proceed = (): Promise<unknown> => (others.length === 0 ? run() : among(others));
      return runInRequest(request, () => first.around(request, handler, proceed));
    };
  });
  return areGuardsWatched && areInterceptorsWatched;
}

/** Runs a part of a request in its scope: middleware may have lost it, or left that of another request, in a callback of a shared connection. */
function runInRequest<Result>(request: unknown, run: () => Result): Result {
  const scope = getRequestScope(request as object | undefined); // a route's first argument
  let around = getCurrentScope();
  while (around && around !== scope) around = around.outer;
  return scope && !around ? runInScope(scope, run) : run();
}

/** Returns the enhancers for a message handler that Nest calls without the application's global enhancers. */
function getOwnEnhancers(type: string, instance: object) {
  const application = type === 'rpc' || type === 'ws' ? findLiveApplication(instance, undefined) : undefined;
  return application && enhancers.get(application.modules);
}

const patchedMethods = new WeakSet();

function patchMethod<Method extends object>(
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
  if (patchedMethods.has(original)) return true;
  const replaced = replace(original as unknown as Method); // Nest declares the method with this type
  patchedMethods.add(replaced);
  return Reflect.set(prototype, name, replaced);
}
