import { ActChain, CHAIN_START, type ActPosition, parseAct, hashAct } from '../acts/act-note.js';
import { lockActs, type SignedAct } from '../acts/store-act.js';
import type { StatementSigner } from '../../proof/log/notes/statement.js';
import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { followStoredKeys } from '../../proof/verify/known-keys.js';
import { lifecycleErrors } from '../../errors/keep.errors.js';

/** An act that a known key of the ledger signed. */
export interface VerifiedAct extends SignedAct {
  readonly eventId: string;
}

const ACTS = 'SELECT number, event_id, note FROM audit_act WHERE number >= $1 ORDER BY number, event_id';

/**
 * Reads and verifies the acts of a ledger before events are retired or erased. Remembers every act, and verifies that each new act contains
 * the hash of the previous act. Otherwise, the owner of the tables could hide an act for a moment.
 */
export class VerifiedActs {
  private readonly read = new Map<string, VerifiedAct>();
  private last: ActPosition = CHAIN_START;
  private trusted: CheckpointTrust | undefined;

  /** @param signer its keys are trusted, and so are the keys that acts of a key change introduce */
  constructor(private readonly signer: Pick<StatementSigner, 'trust'>) {}

  /** Returns the number of the last act that was read; 0 if no act was read. */
  get number(): number {
    return this.last.number;
  }

  /** Returns the keys of the ledger, as of the last {@link follow}. */
  get trust(): CheckpointTrust {
    return this.trusted ?? this.signer.trust;
  }

  /**
   * Reads the new acts. Resolves with all signed acts in their order, each under the hash of its note. The newest act needs the signature
   * of a known key. The key of an older act may be lost: such an act is accepted because the next act contains its hash. Until the caller's
   * transaction ends, no other session can add an act. Rejects with the error of the PostgreSQL client.
   *
   * @throws `AUDIT_ACTS_CONTRADICTED`
   */
  async follow(transaction: LedgerQueries): Promise<ReadonlyMap<string, VerifiedAct>> {
    await lockActs(transaction);
    const { trust } = await followStoredKeys(transaction, this.signer.trust);
    const positions = (await transaction.rows(ACTS, [this.last.number])).map(toActPosition);
    const { last } = this;
    if (last.number > 0 && positions.shift()?.note !== last.note)
      throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`act ${last.number} is changed`);
    const chain = new ActChain(last);
    let isSigned = true;
    let newest = last;
    for (const { eventId, ...position } of positions) {
      const act = parseAct(position.note, trust);
      const { missing, isTwice, wrong } = chain.add(position, act);
      if (missing || isTwice || wrong !== undefined)
        throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`act ${position.number} does not continue the chain of acts`);
      isSigned = act !== undefined;
      if (act) this.read.set(hashAct(position.note), { ...position, statement: act.statement, eventId });
      newest = position;
    }
    if (!isSigned) throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`no known key signed act ${newest.number}`);
    this.last = newest; // set only after all checks, so that the next call refuses an invalid act again
    this.trusted = trust;
    return this.read;
  }
}

function toActPosition({ number, event_id: eventId, note }: LedgerRow): ActPosition & { readonly eventId: string } {
  return { number: Number(number), note: String(note), eventId: String(eventId) };
}
