import { AuditContext } from '../../../audit/index.js';

/** Says, for this request's audit events, whose account it is about and acted with. */
export function noteAccount({ id, name }: { readonly id: string; readonly name: string }, sessionId?: string): void {
  AuditContext.set({ actor: { type: 'user', id, name, sessionId } });
  AuditContext.annotate({ resource: { type: 'user', id } });
}
