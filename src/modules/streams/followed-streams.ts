import type { StatementSigner } from '../monitoring/log/notes/statement.js';
import { FollowedActs } from '../monitoring/lifecycle/followed-acts.js';
import type { CheckpointTrust } from '../monitoring/log/notes/checkpoint.js';
import { SEQUENCER } from '../monitoring/store/ledger-roles.js';
import { LedgerSession, type LedgerQueries } from '../monitoring/store/sessions/ledger-session.js';
import { LEADER_LIMITS } from '../monitoring/store/sessions/session-limits.js';
import type { LedgerRow } from '../monitoring/store/ledger-row.js';
import { statedStreams, type StatedStreams } from './project-stream-acts.js';

/** Does `work` in a session of its own, with the rights to change streams. @throws as {@link LedgerSession.use} */
export function useStreamsSession<Result>(
  sequencerUrl: string,
  work: (session: LedgerSession) => Promise<Result>,
): Promise<Result> {
  return LedgerSession.use(sequencerUrl, { ...SEQUENCER, name: 'streams' }, LEADER_LIMITS, work);
}

/** An expression for the number of the newest act, as `acts` in a row: every change of a stream signs an act in the same transaction. */
export const NEWEST_ACT = '(SELECT coalesce(max(number), 0) FROM audit_act) AS acts';

/** The streams as the acts state them now, for a leader that reads them repeatedly. */
export class FollowedStreams {
  private readonly acts: FollowedActs;
  /** The state at the last {@link read}. */
  stated: StatedStreams = new Map();
  private following: Promise<void> | undefined;

  constructor(
    readonly signer: StatementSigner,
    readonly sequencerUrl: string,
  ) {
    this.acts = new FollowedActs(signer);
  }

  get trust(): CheckpointTrust {
    return this.acts.trust;
  }

  /**
   * Reads the rows of a statement with {@link NEWEST_ACT}, at the same moment as {@link stated}. Rejects with the client's error.
   *
   * @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`)
   */
  async read(ask: () => Promise<readonly LedgerRow[]>): Promise<readonly LedgerRow[]> {
    let rows = await ask();
    while (rows.some(({ acts }) => Number(acts) !== this.acts.number)) {
      this.following ??= this.follow().finally(() => (this.following = undefined));
      await this.following;
      rows = await ask();
    }
    return rows;
  }

  private async follow(): Promise<void> {
    await useStreamsSession(this.sequencerUrl, (session) =>
      session.inTransaction(async () => {
        this.stated = statedStreams((await this.acts.follow(session)).values());
      }),
    );
  }
}

/**
 * Reads the streams as the acts state them, which stays true until the caller's transaction ends.
 *
 * @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`)
 */
export async function followStreams(transaction: LedgerQueries, signer: StatementSigner): Promise<StatedStreams> {
  return statedStreams((await new FollowedActs(signer).follow(transaction)).values());
}
