import { ActChain, FIRST_PLACE, type ActPlace } from '../../acts/act-chain.js';
import { hashAct, type Act } from '../../acts/act-note.js';
import { lockActs, type ActSigner } from '../../acts/store-act.js';
import type { ArchiveLine } from '../../archive/archive-line.js';
import { idsOfLine } from '../../archive/ids-of-line.js';
import { actOf } from '../../verify/check-acts.js';
import { findChangedHolds } from '../../verify/check-holds.js';
import { followStoredKeys } from '../../verify/known-keys.js';
import type { LedgerQueries } from '../../store/ledger-session.js';
import { HoldsAlteredError } from './holds.error.js';

type Row = Readonly<Record<string, unknown>>;

/** A legal hold: it covers the events that have all of what it names. Times in milliseconds. */
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
const ACTS = 'SELECT number, event_id, note FROM audit_act WHERE number >= $1 ORDER BY number, event_id';

/**
 * The legal holds, held against the ledger's signed acts: the owner of the tables could take a hold away while a retirement or an
 * erasure runs, and put it back. Remembers the acts that it has read; each act states the hash of the one before it.
 */
export class ActiveHolds {
  private readonly acts = new Map<string, Pick<Act, 'statement'> & { readonly eventId: string }>();
  private last: ActPlace = FIRST_PLACE;

  /** @param signer of the ledger; the keys that its acts of key change lead to are trusted as well */
  constructor(private readonly signer: Pick<ActSigner, 'trust'>) {}

  /**
   * The holds that hold now, and until the caller's transaction ends. Rejects with the client's error.
   *
   * @throws HoldsAlteredError (`AUDIT_HOLDS_ALTERED`) when a hold that an act states is gone or changed
   */
  async find(transaction: LedgerQueries): Promise<readonly ActiveHold[]> {
    await lockActs(transaction);
    await this.readActs(transaction);
    const [changed] = await findChangedHolds(transaction, { acts: this.acts, nowMs: Date.now() });
    if (changed) throw HoldsAlteredError.create(changed.what);
    return (await transaction.rows(HOLDS)).map(holdOfRow);
  }

  /**
   * Reads the acts behind the last one. No known key may have signed an act whose key was lost: the act that follows it vouches for
   * it by its hash, so the newest one must be signed.
   */
  private async readActs(transaction: LedgerQueries): Promise<void> {
    const { trust } = await followStoredKeys(transaction, this.signer.trust);
    const places = (await transaction.rows(ACTS, [this.last.number])).map(placeOfRow);
    const { last } = this;
    if (last.number > 0 && places.shift()?.note !== last.note)
      throw HoldsAlteredError.create(`act ${last.number} is changed`);
    const chain = new ActChain(last);
    let isSigned = true;
    let newest = last;
    for (const { eventId, ...place } of places) {
      const act = actOf(place.note, trust);
      const { missing, isTwice, wrong } = chain.add(place, act);
      if (missing || isTwice || wrong !== undefined)
        throw HoldsAlteredError.create(`act ${place.number} does not follow`);
      isSigned = act !== undefined;
      if (act) this.acts.set(hashAct(place.note), { statement: act.statement, eventId });
      newest = place;
    }
    if (!isSigned) throw HoldsAlteredError.create(`no known key signed act ${newest.number}`);
    this.last = newest; // not before: what is refused once is refused again
  }
}

/** Whether one of the holds covers an archived event, as `audit_hold_covers` has it. */
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

function holdOfRow(row: Row): ActiveHold {
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

function placeOfRow({ number, event_id: eventId, note }: Row): ActPlace & { readonly eventId: string } {
  return { number: Number(number), note: String(note), eventId: String(eventId) };
}
