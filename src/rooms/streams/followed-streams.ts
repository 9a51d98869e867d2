import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import { FollowedActs } from '../../monitoring/keep/lifecycle/followed-acts.js';
import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import { SEQUENCER } from '../../monitoring/store/ledger-roles.js';
import type { LedgerSession, LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { LEADER_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import type { LedgerRow } from '../../monitoring/store/ledger-row.js';
import { statedStreams, type StatedStreams } from './project-stream-acts.js';

/** Runs `work` in a new session that has the rights to change streams. @throws the errors of {@link useSession} */
export function useStreamsSession<Result>(
  sequencerUrl: string,
  work: (session: LedgerSession) => Promise<Result>,
): Promise<Result> {
  return useSession(sequencerUrl, { ...SEQUENCER, name: 'streams' }, LEADER_LIMITS, work);
}

/** Selects the number of the newest act, as `acts`. For every change of a stream, the same transaction stores a signed act. */
export const NEWEST_ACT = '(SELECT coalesce(max(number), 0) FROM audit_act) AS acts';

/** Reads the streams that exist according to the signed acts. A leader uses this class to notice new acts. */
export class FollowedStreams {
  private readonly acts: FollowedActs;
  /** The streams that existed according to the acts at the last {@link read}. */
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
   * Repeats a query that selects {@link NEWEST_ACT}, until {@link stated} includes the newest act. Rejects with the error of the PostgreSQL
   * client.
   *
   * @throws `AUDIT_ACTS_CONTRADICTED`
   */
  async read(query: () => Promise<readonly LedgerRow[]>): Promise<readonly LedgerRow[]> {
    let rows = await query();
    while (rows.some(({ acts }) => Number(acts) !== this.acts.number)) {
      this.following ??= this.follow().finally(() => (this.following = undefined));
      await this.following;
      rows = await query();
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
 * Reads the streams that exist according to the acts. No act can be added until the caller's transaction ends.
 *
 * @throws `AUDIT_ACTS_CONTRADICTED`
 */
export async function followStreams(transaction: LedgerQueries, signer: StatementSigner): Promise<StatedStreams> {
  return statedStreams((await new FollowedActs(signer).follow(transaction)).values());
}
