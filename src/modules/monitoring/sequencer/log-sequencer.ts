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
import { FIRST_TRANSACTION, hasWaiting, oldestWaiting, type OldestWaiting } from './assign-places.js';
import { TIMING } from '../store/timing.js';

/** Callbacks for what the sequencer does. They must not throw. */
interface SequencerListener {
  /** A checkpoint was signed and committed. Awaited, so that there is one at a time. */
  readonly onCheckpoint: (checkpoint: SignedCheckpoint) => Promise<void> | void;
  /** Called with a problem that the step before did not have; the sequencer tries again. */
  readonly onFailure: (error: unknown) => void;
  /** Called with events that got no place because their rows do not match their leaf hashes: the reasons, by their ids. */
  readonly onRefused?: (refused: ReadonlyMap<string, string>) => void;
  /**
   * Called if events have waited for longer than a minute when this instance begins to lead, or to sign again: since when, and for how
   * long.
   */
  readonly onLate?: (late: OldestWaiting) => void;
  /** Gets a line for the log. */
  readonly tell?: (level: 'log' | 'warn' | 'error', line: string) => void;
}

/**
 * Gives the ledger's committed events their places, as the leader of the application's instances. It signs once it has checked that the
 * ledger is consistent, and refuses to while it is not.
 */
export class LogSequencer extends LeaderLoop {
  private state: LogState | undefined;

  constructor(
    connectionUrl: string,
    private readonly signer: CheckpointSigner,
    private readonly listener: SequencerListener,
  ) {
    super(connectionUrl, {
      role: LEADER,
      waits: 'stored events wait for their places',
      lead: (session, _isFirst, signal) => this.lead(session, signal),
      onEnd: () => (this.state = undefined),
      // Keeps the lock, so that no other instance signs.
      staysLeader: (error) => error instanceof LedgerInconsistentError,
      onFailure: listener.onFailure,
      tell: listener.tell ?? (() => undefined),
    });
  }

  /** The number of sealed events, as far as the leader knows. */
  get size(): number | undefined {
    return this.state?.edge.size;
  }

  /**
   * Seals the events stored until now, if this instance has a connection, and releases the lock. Never rejects. Call it after {@link stop}:
   * the step ends after one transaction.
   */
  async finish(): Promise<void> {
    if (this.role !== 'disconnected') await this.take().catch(this.listener.onFailure);
    await this.close();
  }

  private async lead(session: LedgerSession, signal: AbortSignal): Promise<number> {
    try {
      this.state ??= await this.load(session);
      await this.growAll(session, this.state, signal);
      return TIMING.sealMs;
    } catch (error) {
      this.state = undefined;
      throw error;
    }
  }

  private async load(session: LedgerSession): Promise<LogState> {
    await awaitReplicas(session); // replicas may lack what is read here, so nothing is signed or published on top of that
    const edge = await loadTree(session, this.signer);
    await noteKeys(session, this.signer, headOfEdge(edge));
    const late = await oldestWaiting(session);
    if (late && late.waitedSeconds > LONGEST_WAIT_SECONDS) this.listener.onLate?.(late);
    return { edge, fromTransaction: FIRST_TRANSACTION };
  }

  private async growAll(session: LedgerSession, loaded: LogState, signal: AbortSignal): Promise<void> {
    let state = loaded;
    let hasMore = await hasWaiting(session, state.fromTransaction);
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
  }
}
