import { errorMessage } from '../../../audit/plain.js';
import type { TreeHead } from '../log/merkle/consistency.js';
import type { CheckpointSigner } from '../signing/checkpoint-signer.service.js';
import { growLog, type LogState } from './grow-log.js';
import { LEADER } from '../store/ledger-roles.js';
import { LONGEST_WAIT_SECONDS } from '../store/ledger-state.js';
import { awaitReplicas } from '../store/replication-wait.js';
import { LEADER_LIMITS } from '../store/session-limits.js';
import { LedgerSession, type LockHolder } from '../store/ledger-session.js';
import { LedgerInconsistentError } from './ledger-inconsistent.error.js';
import { noteKeys } from './note-keys.js';
import { loadTree } from './stored-tree.js';
import { rootOfEdge } from '../log/tiles/tree-edge.js';
import { FIRST_TRANSACTION, hasWaiting, oldestWaiting } from './take-batch.js';
import { TIMING } from '../store/timing.js';

/** A checkpoint that is signed and committed. */
export interface SignedCheckpoint extends TreeHead {
  /** The signed note. */
  readonly note: string;
}

/** Events that were stored and not sealed for long. */
export interface LateSealing {
  /** When the oldest of them was stored. */
  readonly storedAt: Date;
  readonly waitedSeconds: number;
}

/** Who is told what the sequencer does. They do not throw. */
export interface SequencerListener {
  /** A checkpoint is signed and committed. Waited for, so that there is one at a time. */
  readonly onCheckpoint: (checkpoint: SignedCheckpoint) => Promise<void> | void;
  /** Something is wrong, and was not at the step before; the sequencer tries again. */
  readonly onFailure: (error: unknown) => void;
  /** Events were given no place, since their rows are not what their leaf hashes are of: why, by their ids. */
  readonly onRefused?: (refused: ReadonlyMap<string, string>) => void;
  /** Events wait for longer than a minute when this instance begins to lead, or to sign again: since when, and for how long. */
  readonly onLate?: (late: LateSealing) => void;
  /** The lock is somebody's: who holds it, or `undefined` for this instance, or nobody. */
  readonly onLock?: (holder: LockHolder | undefined) => void;
}

/** What the sequencer is doing: `refusing` leads, and signs nothing since the ledger is inconsistent. */
export type SequencerRole = 'disconnected' | 'standby' | 'leading' | 'refusing';

/** How long to wait for the next step, by what the last one found. All shorter than the server's time-out for idle sessions. */
const PAUSE: Readonly<Record<SequencerRole, keyof typeof TIMING>> = {
  disconnected: 'reconnectMs',
  standby: 'standbyMs',
  leading: 'sealMs',
  refusing: 'refusedMs',
};

/**
 * Gives the ledger's committed events their places, as one of the application's instances: the one that has the lock.
 *
 * ```
 *   disconnected ──connects──▶ standby ──gets the lock──▶ refusing ◀──inconsistent──┐
 *        ▲                        │                          │                       │
 *        │                        │                          └──consistent──▶ leading┘ signs
 *        └─────────── connection lost, or any other error ───────────────────────────┘
 * ```
 */
export class LogSequencer {
  private session: LedgerSession | undefined;
  private state: LogState | undefined;
  private error: unknown;
  private current: SequencerRole = 'disconnected';
  private isStopping = false;

  constructor(
    private readonly connectionUrl: string,
    private readonly signer: CheckpointSigner,
    private readonly listener: SequencerListener,
  ) {}

  get role(): SequencerRole {
    return this.current;
  }

  /** What the last step ended with; `undefined` when it did what there was to do. */
  get lastError(): unknown {
    return this.error;
  }

  /** How many events are sealed, as far as the leader knows. */
  get size(): number | undefined {
    return this.state?.edge.size;
  }

  /** Takes the next step, and resolves with how long to wait for more, in milliseconds. Never rejects; one at a time. */
  async step(): Promise<number> {
    try {
      this.current = await this.advance();
      this.error = undefined;
    } catch (error) {
      const isNews = errorMessage(error) !== errorMessage(this.error);
      this.error = error;
      this.current = await this.recover(error);
      if (isNews) this.listener.onFailure(error);
    }
    return TIMING[PAUSE[this.current]];
  }

  /** Makes the step under way, and each one after it, end after one transaction. */
  stop(): void {
    this.isStopping = true;
  }

  /** Lets go of the lock and of the connection. Not during a step. */
  async close(): Promise<void> {
    await this.session?.close();
    this.session = undefined;
    this.state = undefined;
    this.current = 'disconnected';
  }

  private async advance(): Promise<SequencerRole> {
    if (this.session?.isLost) await this.close();
    this.session ??= await LedgerSession.open(this.connectionUrl, LEADER, LEADER_LIMITS);
    if (this.current !== 'leading' && this.current !== 'refusing') {
      const isLocked = await this.session.tryToLock();
      this.listener.onLock?.(isLocked ? undefined : await this.session.lockHolder());
      if (!isLocked) return 'standby';
      this.current = 'refusing'; // until the ledger is seen to be consistent
    }
    this.state ??= await this.load(this.session);
    this.current = 'leading'; // from its first checkpoint on, which others see before the last of a backlog
    await this.growAll(this.session, this.state);
    return 'leading';
  }

  private async load(session: LedgerSession): Promise<LogState> {
    await awaitReplicas(session); // they may lack what is read here, and nothing is signed or published on top of that
    const edge = await loadTree(session, this.signer);
    await noteKeys(session, this.signer, { size: edge.size, rootHash: rootOfEdge(edge) });
    const late = await oldestWaiting(session);
    if (late && late.waitedSeconds > LONGEST_WAIT_SECONDS) this.listener.onLate?.(late);
    return { edge, fromTransaction: FIRST_TRANSACTION };
  }

  private async growAll(session: LedgerSession, loaded: LogState): Promise<void> {
    let state = loaded;
    let hasMore = await hasWaiting(session, state.fromTransaction);
    while (hasMore) {
      const grown = await growLog(session, this.signer, state);
      ({ state, hasMore } = grown);
      hasMore &&= !this.isStopping;
      this.state = state;
      if (grown.refused.size > 0) this.listener.onRefused?.(grown.refused);
      if (!grown.checkpoint) continue;
      await this.signer.lastSigned.write(grown.checkpoint.note);
      await this.listener.onCheckpoint(grown.checkpoint);
    }
  }

  /** The lock is kept while the ledger is inconsistent, so that no other instance signs; it is looked at again each step. */
  private async recover(error: unknown): Promise<SequencerRole> {
    this.state = undefined;
    if (error instanceof LedgerInconsistentError && this.session && !this.session.isLost) return 'refusing';
    await this.close();
    return 'disconnected';
  }
}
