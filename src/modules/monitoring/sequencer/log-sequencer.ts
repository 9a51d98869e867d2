import type { SignedCheckpoint } from '../log/notes/checkpoint.js';
import type { CheckpointSigner } from '../signing/checkpoint-signer.service.js';
import { growLog, type LogState } from './grow-log.js';
import { LEADER } from '../store/ledger-roles.js';
import { LONGEST_WAIT_SECONDS } from '../store/ledger-state.js';
import { awaitReplicas } from '../store/sessions/replication-wait.js';
import { LeaderLoop } from '../jobs/leader-loop.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { LedgerInconsistentError } from './sequencer.error.js';
import { noteKeys } from './note-keys.js';
import { loadTree } from './stored-tree.js';
import { headOfEdge } from '../log/tiles/tree-edge.js';
import { FIRST_TRANSACTION, hasWaiting, oldestWaiting, type OldestWaiting } from './assign-sequence.js';
import { TIMING } from '../store/timing.js';

/** No callback may throw. */
interface SequencerListener {
  /** Called when a checkpoint is signed and committed. The sequencer waits for the result, so only one call runs at a time. */
  readonly onCheckpoint: (checkpoint: SignedCheckpoint) => Promise<void> | void;
  /** Called with the error of a step, unless the previous step failed with the same message. The sequencer retries. */
  readonly onFailure: (error: unknown) => void;
  /** Called with the reason for each forged event that was not sealed. The key is the event's id. */
  readonly onRefused?: (refused: ReadonlyMap<string, string>) => void;
  /** Called when this instance starts or resumes sealing, if an event has waited for more than a minute. */
  readonly onLate?: (late: OldestWaiting) => void;
  readonly tell?: (level: 'log' | 'warn' | 'error', line: string) => void;
}

/** Seals the ledger's committed events as the leader of all instances. Refuses to sign an inconsistent ledger. */
export class LogSequencer extends LeaderLoop {
  private state: LogState | undefined;

  constructor(
    connectionUrl: string,
    private readonly signer: CheckpointSigner,
    private readonly listener: SequencerListener,
  ) {
    super(connectionUrl, {
      role: LEADER,
      waits: 'stored events wait to be sealed',
      lead: (session, _isFirst, signal) => this.lead(session, signal),
      onEnd: () => (this.state = undefined),
      // With this error, the instance remains the leader, so that no other instance signs.
      staysLeader: (error) => error instanceof LedgerInconsistentError,
      onFailure: listener.onFailure,
      tell: listener.tell ?? (() => undefined),
    });
  }

  /** The number of sealed events; `undefined` unless this instance leads. */
  get size(): number | undefined {
    return this.state?.edge.size;
  }

  /** Seals at most one more batch of events, and releases the lock. Never rejects. Call this method only after {@link stop}. */
  async finish(): Promise<void> {
    if (this.role !== 'disconnected') await this.take().catch(this.listener.onFailure);
    await this.close();
  }

  private async lead(session: LedgerSession, signal: AbortSignal): Promise<number> {
    try {
      this.state ??= await this.load(session);
      return this.pauseAfter(await this.growAll(session, this.state, signal), TIMING.sealMs);
    } catch (error) {
      this.state = undefined;
      throw error;
    }
  }

  private async load(session: LedgerSession): Promise<LogState> {
    await awaitReplicas(session); // the replicas must store everything that is read here before a checkpoint covers it
    const edge = await loadTree(session, this.signer);
    const head = headOfEdge(edge);
    await noteKeys(session, this.signer, head);
    await this.signer.lastSigned.begin(head.size, () => this.signer.sign(head));
    const late = await oldestWaiting(session);
    if (late && late.waitedSeconds > LONGEST_WAIT_SECONDS) this.listener.onLate?.(late);
    return { edge, fromTransaction: FIRST_TRANSACTION };
  }

  /** Resolves with whether events waited. */
  private async growAll(session: LedgerSession, loaded: LogState, signal: AbortSignal): Promise<boolean> {
    let state = loaded;
    const hadSome = await hasWaiting(session, state.fromTransaction);
    let hasMore = hadSome;
    while (hasMore) {
      const grown = await growLog(session, this.signer, state);
      ({ state, hasMore } = grown);
      hasMore &&= !signal.aborted;
      this.state = state;
      if (grown.refused.size > 0) this.listener.onRefused?.(grown.refused);
      if (!grown.checkpoint) continue;
      await this.signer.lastSigned.write(grown.checkpoint.note);
      await this.listener.onCheckpoint(grown.checkpoint);
    }
    return hadSome;
  }
}
