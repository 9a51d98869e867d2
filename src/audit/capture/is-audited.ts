import { auditedEntries } from './audited.decorator.js';

/** What of Nest's ExecutionContext {@link isAudited} needs. */
export interface CalledHandler {
  getClass(): object;
  getHandler(): object;
}

/** Whether `@Audited` makes an event of the call. For guards that record one of their own otherwise, and never two. */
export function isAudited(call: CalledHandler): boolean {
  return auditedEntries(call.getClass(), call.getHandler()).length > 0;
}
