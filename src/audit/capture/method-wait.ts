import { types } from 'node:util';
import { Observable } from 'rxjs';
import type { Method } from './finish-method.js';

/** What a method's caller can wait with: only where there is one can something be stored before the method starts. */
export type MethodWait = 'promise' | 'observable' | 'none';

/** Where TypeScript, with `emitDecoratorMetadata`, keeps what a decorated method returns. */
const RETURN_TYPE = 'design:returntype';

/** Reads it off the method, else off what TypeScript kept of its declaration. */
export function waitOf(method: Method, target: object, key: string | symbol): MethodWait {
  if (types.isAsyncFunction(method)) return 'promise';
  const returned: unknown = Reflect.getMetadata(RETURN_TYPE, target, key);
  if (returned === Promise) return 'promise';
  return returned === Observable ? 'observable' : 'none';
}
