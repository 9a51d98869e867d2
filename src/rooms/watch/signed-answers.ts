import type { AuditEvent } from '../../audit/plain.js';
import type { LedgerAccess } from '../../monitoring/read/access/ledger-access.js';
import { isSignedAnswer } from '../../monitoring/keep/acts/answers.js';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import type { AuditQuery, OwnConditions } from '../../monitoring/read/query/audit-query.service.js';
import type { EventQuery } from '../../monitoring/read/query/event-query.dto.js';
import type { LedgerEvent } from '../../monitoring/read/query/ledger-event.js';
import { MOST_VALUES } from '../../monitoring/read/query/query-values.js';
import type { AlertActor } from './alerts/alert.dto.js';

const PAGE = 200;
/** Without these limits, forged answers could fill many pages. */
const [MOST_ANSWERS, MOST_PAGES] = [2_000, 100];

/** Reads the signed answers of people to alerts, suppressions, days and events. Unsigned answers are skipped. */
export class SignedAnswers {
  constructor(
    private readonly ledger: AuditQuery,
    private readonly signer: Pick<StatementSigner, 'trust'>,
  ) {}

  /** Finds the answers that match a query, the oldest first. */
  async matching(
    access: LedgerAccess,
    query: Partial<EventQuery>,
    own?: OwnConditions,
  ): Promise<readonly LedgerEvent[]> {
    const given = { ...query, order: 'asc', limit: PAGE } as const;
    const answers: LedgerEvent[] = [];
    let cursor: string | null | undefined;
    for (let pages = 0; cursor !== null && answers.length < MOST_ANSWERS && pages < MOST_PAGES; pages++) {
      const next = { ...given, ...(cursor !== undefined && { cursor }) };
      const page = await (own ? this.ledger.findThat(access, next, own) : this.ledger.find(access, next));
      answers.push(...page.items.filter((event) => this.isSigned(event)));
      cursor = page.nextCursor;
    }
    return answers;
  }

  /** Finds the answers of the given types about the given resources; for each resource, the oldest first. */
  async to(
    access: LedgerAccess,
    { types, resourceType, ids }: Record<'types' | 'ids', readonly string[]> & { readonly resourceType: string },
  ): Promise<readonly LedgerEvent[]> {
    return inParts(ids, MOST_VALUES, (some) =>
      this.matching(access, { type: { eq: types }, resourceType: { eq: resourceType }, resourceId: { eq: some } }),
    );
  }

  isSigned(event: LedgerEvent): boolean {
    return isSignedAnswer(event, this.signer.trust);
  }
}

/** Calls `work` with one part of a list at a time, and resolves with all results. */
export async function inParts<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (part: readonly Item[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let first = 0; first < items.length; first += most) {
    results.push(...(await work(items.slice(first, first + most))));
  }
  return results;
}

export function answerOf(event: AuditEvent & { readonly index?: number }) {
  const { id, occurredAt: at, tenantId, details, index } = event;
  const { comment } = details as { readonly comment?: unknown }; // checked below
  return {
    ...{ id, at, by: actorOf(event) },
    ...(tenantId !== undefined && { tenantId }),
    ...(typeof comment === 'string' && { comment }),
    ...(index !== undefined && { index }),
  };
}

export function actorOf({ actor: { type, id, name } }: AuditEvent): AlertActor {
  return { type, ...(id !== undefined && { id }), ...(name !== undefined && { name }) };
}

/** Returns the given tenant, or the only tenant of the access. @throws the error of `refuse` for a tenant outside the access */
export function tenantWithin(access: LedgerAccess, given: string | undefined, refuse: () => Error): string | undefined {
  if (access.scope !== 'tenants') return given;
  const [only, ...others] = access.tenantIds;
  const tenantId = given ?? (others.length === 0 ? only : undefined);
  if (tenantId !== undefined && access.tenantIds.includes(tenantId)) return tenantId;
  throw refuse();
}
