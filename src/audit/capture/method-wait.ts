import { types } from 'node:util';
import { Observable } from 'rxjs';
import type { Method } from './finish-method.js';

/** How a method's caller can wait. Only if it can, an event can be stored before the method starts. */
export type MethodWait = 'promise' | 'observable' | 'none';

/** The metadata key under which TypeScript, with `emitDecoratorMetadata`, keeps a decorated method's return type. */
const RETURN_TYPE = 'design:returntype';

/** Finds how the caller can wait, from the method itself, else from the return type that TypeScript kept. */
export function waitOf(method: Method, target: object, key: string | symbol): MethodWait {
  if (types.isAsyncFunction(method)) return 'promise';
  const returned: unknown = Reflect.getMetadata(RETURN_TYPE, target, key);
  if (returned === Promise) return 'promise';
  return returned === Observable ? 'observable' : 'none';
}
