import { queueMicrotask } from '../../base/timers.js';

export type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Calls `replace` with the method after all its decorators, since each of them may replace the method, and replaces the method with the
 * result. Classes are defined synchronously, so the next microtask runs after all decorators, and before the application uses
 * the class.
 */
export function replaceAfterDecorators(
  target: object,
  key: string | symbol,
  replace: (method: Method) => Method,
): void {
  queueMicrotask(() => {
    const descriptor = Object.getOwnPropertyDescriptor(target, key);
    const method: unknown = descriptor?.value;
    if (!descriptor || typeof method !== 'function') return;
    const replaced = replace(method as Method); // a method takes and returns anything
    if (replaced !== method) Object.defineProperty(target, key, { ...descriptor, value: replaced });
  });
}

/** Makes a decorator that writes metadata to a class, or to a method after all its decorators have run. */
export function createMetadataDecorator(metadataKey: symbol, value: unknown): ClassDecorator & MethodDecorator {
  return (target: object, key?: string | symbol) => {
    if (key === undefined) {
      Reflect.defineMetadata(metadataKey, value, target);
      return;
    }
    replaceAfterDecorators(target, key, (method) => {
      Reflect.defineMetadata(metadataKey, value, method);
      return method;
    });
  };
}

/** Makes `wrapper` look like `method` to code that reads a method's name, properties and metadata. */
export function copyMethodMetadata(method: Method, wrapper: Method): Method {
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(method))) {
    if (key !== 'prototype') Object.defineProperty(wrapper, key, descriptor);
  }
  for (const key of Reflect.getOwnMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
  }
  return wrapper;
}
