import type { SignedCheckpoint } from '../log/notes/checkpoint.js';
import type { CheckpointSigner } from '../signing/checkpoint-signer.service.js';
import { FIRST_BYTES, growLog, signLog, type LogState } from './grow-log.js';
import type { ParkedLine } from './seal-lines.js';
import { lookForEvents, NOTHING_SEEN } from './take-lines.js';
import { LEADER } from '../store/ledger-roles.js';
import { LONGEST_WAIT_SECONDS } from '../store/ledger-state.js';
import { awaitReplicas } from '../store/sessions/replication-wait.js';
import { LeaderLoop } from '../jobs/leader-loop.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { LedgerInconsistentError } from './sequencer.error.js';
import { noteKeys } from './note-keys.js';
import { loadTree } from './stored-tree.js';
import { oldestWaiting, type OldestWaiting } from './assign-sequence.js';
import { WAKE_CHANNEL } from '../store/await-sealed.js';
import { TIMING } from '../store/timing.js';
import { WRITER_KEYS } from '../store/sessions/ledger-client.js';
import { isBelieved } from '../inbox/append-own-event.js';
import { keyIdOf } from '../inbox/row-mac.js';
import { UnknownWriterError } from '../errors/ledger-attention.error.js';

const NOTE_WRITERS = 'UPDATE audit_head SET writer_keys = $1 WHERE writer_keys <> $1::text[]';

/** No callback may throw. */
export interface SequencerListener {
  /** Called when a checkpoint is signed and committed. The sequencer waits for the result, so only one call runs at a time. */
  readonly onCheckpoint: (checkpoint: SignedCheckpoint) => Promise<void> | void;
  /** Called with the error of a step, unless the previous step failed with the same message. The sequencer retries. */
  readonly onFailure: (error: unknown) => void;
  /** Called with the lines of the inbox that were parked. */
  readonly onParked?: (parked: readonly ParkedLine[]) => void;
  /** Called when this instance starts or resumes sealing, if an event has waited for more than a minute. */
  readonly onLate?: (late: OldestWaiting) => void;
  readonly tell?: (level: 'log' | 'warn' | 'error', line: string) => void;
}

/** Seals the ledger's committed events as the leader of all instances. Refuses to sign an inconsistent ledger. */
export class LogSequencer extends LeaderLoop {
  private state: LogState | undefined;
  private signedAtMs = -Infinity;
  private isEnding = false;
  private endsAtMs = -Infinity;
  private readonly listens = new WeakSet<LedgerSession>();

  constructor(
    connectionUrl: string,
    private readonly signer: CheckpointSigner,
    private readonly listener: SequencerListener,
    private readonly keys: readonly string[] = [],
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
    if (keys.length > 0) WRITER_KEYS.set(connectionUrl, keys);
  }

  /** The number of sealed events; `undefined` unless this instance leads. */
  get size(): number | undefined {
    return this.state?.edge.size;
  }

  /**
   * Seals until nothing waits, {@link TIMING.finishMs} at most. Signs a checkpoint, and releases the lock. Never rejects. Call this method
   * only after {@link stop}.
   */
  async finish(): Promise<void> {
    this.isEnding = true;
    this.endsAtMs = performance.now() + TIMING.finishMs;
    if (this.role !== 'disconnected') await this.take().catch(this.listener.onFailure);
    await this.close();
  }

  private async lead(session: LedgerSession, signal: AbortSignal): Promise<number> {
    try {
      this.state ??= await this.load(session);
      const hasWorked = await this.growAll(session, this.state, signal);
      const pauseMs = this.pauseAfter(hasWorked, TIMING.sealMs);
      return this.isUnsigned(this.state) ? Math.min(pauseMs, Math.max(0, this.msToSignature())) : pauseMs;
    } catch (error) {
      this.state = undefined;
      throw error;
    }
  }

  private async load(session: LedgerSession): Promise<LogState> {
    if (!this.listens.has(session)) await session.listen(WAKE_CHANNEL, () => this.expect(0));
    this.listens.add(session);
    await awaitReplicas(session); // the replicas must store everything that is read here before a checkpoint covers it
    const stored = await loadTree(session, this.signer);
    if (this.keys.length > 0)
      await session.rows(NOTE_WRITERS, [this.keys.map(keyIdOf)]); // before the leader itself records an event
    else if (!(await isBelieved(session))) throw UnknownWriterError.ofLeader();
    await noteKeys(session, this.signer, stored.signed);
    await this.signer.lastSigned.begin(stored.signed.size, () => this.signer.sign(stored.signed));
    this.signedAtMs = -Infinity;
    const late = await oldestWaiting(session);
    if (late && late.waitedSeconds > LONGEST_WAIT_SECONDS) this.listener.onLate?.(late);
    return { ...stored, inbox: NOTHING_SEEN, takeBytes: FIRST_BYTES };
  }

  /** Resolves with whether events waited. Signs before it seals more, so that without signatures, the log hardly grows. */
  private async growAll(session: LedgerSession, loaded: LogState, signal: AbortSignal): Promise<boolean> {
    this.state = loaded;
    await this.signIfDue(session);
    const { isWaiting, seen } = await lookForEvents(session, loaded.inbox);
    this.state = { ...this.state, inbox: seen };
    for (let hasMore = isWaiting; hasMore; hasMore &&= !signal.aborted || performance.now() < this.endsAtMs) {
      const grown = await growLog(session, this.signer, this.state, this.keys);
      ({ state: this.state, hasMore } = grown);
      if (grown.parked.length > 0) this.listener.onParked?.(grown.parked);
      await this.signIfDue(session);
    }
    return isWaiting;
  }

  private async signIfDue(session: LedgerSession): Promise<void> {
    if (!this.state || !this.isUnsigned(this.state) || (this.msToSignature() > 0 && !this.isEnding)) return;
    const { state, checkpoint } = await signLog(session, this.signer, this.state);
    this.state = state;
    this.signedAtMs = performance.now();
    await this.signer.lastSigned.write(checkpoint.note);
    await this.listener.onCheckpoint(checkpoint);
  }

  private isUnsigned({ edge, signed }: LogState): boolean {
    return edge.size > signed.size;
  }

  private msToSignature(): number {
    return this.signedAtMs + TIMING.signMs - performance.now();
  }
}
