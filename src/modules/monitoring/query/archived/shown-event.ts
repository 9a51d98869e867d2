import type { AuditEvent } from '../../../../audit/plain.js';
import type { LedgerAccess } from '../../access/ledger-access.js';
import type { ArchiveLine } from '../../archive/archive-line.js';
import { joinSound } from '../../store/ledger-row.js';

/** The event of a line as somebody may see it, by the rules of row-level security; `undefined` if they may not see it. */
export function shownEvent({ sealed, personal }: ArchiveLine, access: LedgerAccess): AuditEvent | undefined {
  const facts = Object.fromEntries(
    Object.entries(sealed).filter(([name]) => name !== 'personal'),
  ) as unknown as AuditEvent; // in which it is the commitment
  const whole = joinSound(facts, personal ?? undefined);
  if (!isFor(whole, access)) return undefined;
  return access.scope !== 'subject' || whole.actor.id === access.subjectId ? whole : facts;
}

function isFor({ tenantId, actor, resource }: AuditEvent, access: LedgerAccess): boolean {
  switch (access.scope) {
    case 'all':
      return true;
    case 'tenants':
      return tenantId !== undefined && access.tenantIds.includes(tenantId);
    case 'subject': {
      const concerned = [actor.id, actor.onBehalfOf?.id, resource?.type === 'user' ? resource.id : undefined];
      return concerned.includes(access.subjectId);
    }
  }
}
