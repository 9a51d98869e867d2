import type { StatementSigner } from '../../log/notes/statement.js';
import { type ArchiveLine, idsOfLine } from '../../archive/archive-line.js';
import { findChangedHolds } from '../../verify/check-holds.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { ActsContradictedError } from '../acts-contradicted.error.js';
import { FollowedActs } from '../followed-acts.js';

/** A legal hold: it covers the events that match everything that it names. Times in milliseconds. */
export interface ActiveHold {
  readonly tenantId: string | null;
  readonly actorId: string | null;
  readonly resourceType: string | null;
  readonly resourceId: string | null;
  readonly occurredFrom: number | null;
  readonly occurredTo: number | null;
}

const HOLDS = `
  SELECT tenant_id, actor_id, resource_type, resource_id, extract(epoch FROM occurred_from) * 1000 AS occurred_from,
         extract(epoch FROM occurred_to) * 1000 AS occurred_to
    FROM audit_legal_hold WHERE released_at IS NULL AND (until IS NULL OR until > now())`;

/**
 * Compares the legal holds with the ledger's signed acts: the owner of the tables could remove a hold while a retirement or an erasure
 * runs, and put it back.
 */
export class ActiveHolds {
  private readonly acts: FollowedActs;

  /** @param acts of the ledger, or its signer */
  constructor(acts: FollowedActs | Pick<StatementSigner, 'trust'>) {
    this.acts = acts instanceof FollowedActs ? acts : new FollowedActs(acts);
  }

  /**
   * Finds the active holds, which stay active until the caller's transaction ends. Rejects with the client's error.
   *
   * @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`), also when a hold that an act states is missing or changed
   */
  async find(transaction: LedgerQueries): Promise<readonly ActiveHold[]> {
    const acts = await this.acts.follow(transaction);
    const [changed] = await findChangedHolds(transaction, { acts, nowMs: Date.now() });
    if (changed) throw ActsContradictedError.create(changed.what);
    return (await transaction.rows(HOLDS)).map(holdOfRow);
  }
}

/** Whether one of the holds covers an archived event, as in `audit_hold_covers`. */
export function isHeld(line: ArchiveLine, holds: readonly ActiveHold[]): boolean {
  return holds.some((hold) => covers(hold, line));
}

function covers(hold: ActiveHold, line: ArchiveLine): boolean {
  const { tenantId, occurredAt } = line.sealed;
  const { actorId, onBehalfOfId, resourceType, resourceId } = idsOfLine(line);
  const occurred = Date.parse(occurredAt);
  return (
    isAnyOf(hold.tenantId, tenantId) &&
    isAnyOf(hold.actorId, actorId, onBehalfOfId) &&
    isAnyOf(hold.resourceType, resourceType) &&
    isAnyOf(hold.resourceId, resourceId) &&
    (hold.occurredFrom === null || hold.occurredFrom <= occurred) &&
    (hold.occurredTo === null || hold.occurredTo > occurred)
  );
}

function isAnyOf(wanted: string | null, ...values: readonly (string | undefined)[]): boolean {
  return wanted === null || values.includes(wanted);
}

function holdOfRow(row: LedgerRow): ActiveHold {
  const text = (column: string): string | null => (typeof row[column] === 'string' ? row[column] : null);
  const time = (column: string): number | null => (row[column] === null ? null : Number(row[column]));
  return {
    tenantId: text('tenant_id'),
    actorId: text('actor_id'),
    resourceType: text('resource_type'),
    resourceId: text('resource_id'),
    occurredFrom: time('occurred_from'),
    occurredTo: time('occurred_to'),
  };
}
