import { auditedEntries } from './audited.decorator.js';

/** The part of Nest's ExecutionContext that {@link isAudited} needs. */
export interface CalledHandler {
  getClass(): object;
  getHandler(): object;
}

/** Whether `@Audited` records an event of the call. For guards that record their own event only if it does not. */
export function isAudited(call: CalledHandler): boolean {
  return auditedEntries(call.getClass(), call.getHandler()).length > 0;
}
