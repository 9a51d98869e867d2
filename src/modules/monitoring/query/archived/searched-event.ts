import type { AuditEvent } from '../../../../audit/plain.js';
import type { LedgerAccess } from '../../access/ledger-access.js';
import type { ArchiveLine } from '../../archive/archive-line.js';
import type { PersonalPart } from '../../sealing/personal-part.js';
import { joinSound } from '../../store/ledger-row.js';

/** An archived event as somebody may see it: what is hidden from them is not in it, and not found by a filter. */
export interface SearchedEvent {
  readonly index: number;
  /** Without its personal part. */
  readonly facts: AuditEvent;
  /** Absent if it was never there, is gone, or is hidden. */
  readonly personal?: PersonalPart;
  /** What is shown. */
  readonly event: AuditEvent;
}

/** The event of a line, for who has this access; `undefined` where it is not for them. By the rules of row-level security. */
export function searchedEvent(
  { index, sealed, personal }: ArchiveLine,
  access: LedgerAccess,
): SearchedEvent | undefined {
  const facts = Object.fromEntries(
    Object.entries(sealed).filter(([name]) => name !== 'personal'),
  ) as unknown as AuditEvent; // in which it is the commitment
  const whole = joinSound(facts, personal ?? undefined);
  if (!isFor(whole, access)) return undefined;
  const isShown = access.scope !== 'subject' || whole.actor.id === access.subjectId;
  return isShown && personal !== null ? { index, facts, personal, event: whole } : { index, facts, event: facts };
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
