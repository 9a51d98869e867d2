import type { SignedCheckpoint } from '../proof/log/notes/checkpoint.js';
import type { CheckpointSigner } from '../proof/signing/checkpoint-signer.service.js';
import { FIRST_BYTES, sealFromSource, sealFromInbox, signLog, type SealResult, type LogState } from './grow-log.js';
import { deleteExpiredKeys, type DuplicateEvent } from './idempotency-keys.js';
import type { SealSource } from './seal-source.js';
import type { ParkedLine } from './seal-lines.js';
import { checkForEvents, INBOX_START } from './read-inbox.js';
import { LEADER } from '../store/ledger-roles.js';
import { MAX_WAIT_SECONDS } from '../store/ledger-state.js';
import { awaitReplicas } from '../store/sessions/replication-wait.js';
import { LeaderLoop } from '../operate/jobs/leader-loop.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { noteKeys } from './note-keys.js';
import { loadTree } from './stored-tree.js';
import { readOldestPending, type OldestPending } from './assign-sequence.js';
import { WAKE_CHANNEL, wakeLeader, YIELD_PAYLOAD } from '../store/await-sealed.js';
import { TIMING } from '../store/timing.js';
import { noteWriters } from '../inbox/known-writers.js';
import { hasCode } from '../../audit/nest-free.js';

/** Any login may notify, but only an instance that can seal may take the lead. */
const SELECT_OWN_SESSIONS = 'SELECT FROM pg_stat_activity WHERE pid = ANY ($1::int[]) AND usename = session_user';

/** How often the leader removes old idempotency keys. */
const SWEEP_MS = 3_600_000;

/** No callback may throw, except `onLead`. */
export interface SequencerListener {
  /** Called when this instance starts or resumes sealing. */
  readonly onLead?: (session: LedgerSession) => Promise<void>;
  /** Called when a checkpoint is signed and committed. The sequencer waits for the result, so only one call runs at a time. */
  readonly onCheckpoint: (checkpoint: SignedCheckpoint) => Promise<void> | void;
  /** Called with the error of a step, unless the previous step failed with the same message. The sequencer retries. */
  readonly onFailure: (error: unknown) => void;
  readonly onParked?: (parked: readonly ParkedLine[]) => void;
  /** Called with the events that were not sealed, because earlier events have the same idempotency keys. */
  readonly onDuplicates?: (duplicates: readonly DuplicateEvent[]) => void;
  /** Called when this instance starts or resumes sealing, if an event has waited for more than a minute. */
  readonly onLate?: (late: OldestPending) => void;
  readonly notify?: (level: 'log' | 'warn' | 'error', line: string) => void;
}

/** Seals the ledger's committed events as the leader of all instances. Refuses to sign an inconsistent ledger. */
export class LogSequencer extends LeaderLoop {
  private state: LogState | undefined;
  private signedAtMs = -Infinity;
  private sweptAtMs = -Infinity;
  private isEnding = false;
  private endsAtMs = -Infinity;
  private readonly yieldRequestedBy = new Set<number>();
  private readonly listens = new WeakSet<LedgerSession>();
  /** Asked in turn, after the inbox. */
  readonly sources: SealSource[] = [];

  constructor(
    connectionUrl: string,
    private readonly signer: CheckpointSigner,
    private readonly listener: SequencerListener,
  ) {
    super(connectionUrl, {
      role: LEADER,
      waits: 'stored events wait to be sealed',
      lead: (session, _isFirst, signal) => this.lead(session, signal),
      onEnd: () => {
        this.state = undefined;
        for (const source of this.sources) source.onStop?.();
      },
      // With this error, the instance remains the leader, so that no other instance signs.
      staysLeader: (error) => hasCode(error, 'AUDIT_LEDGER_INCONSISTENT'),
      onFailure: listener.onFailure,
      notify: listener.notify ?? (() => undefined),
    });
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

  /** Asks the leader to let this instance lead, because only this instance has the source. Only while another instance leads. */
  async requestYield(source: string): Promise<void> {
    if (this.standby) await wakeLeader(this.standby, `${YIELD_PAYLOAD}${source}`);
  }

  private async lead(session: LedgerSession, signal: AbortSignal): Promise<number | undefined> {
    const askers = [...this.yieldRequestedBy];
    this.yieldRequestedBy.clear();
    if (askers.length > 0 && (await session.rows(SELECT_OWN_SESSIONS, [askers])).length > 0) return undefined;
    try {
      this.state ??= await this.load(session);
      await this.sweepIfDue(session);
      const hasWorked = await this.growAll(session, signal);
      const pauseMs = this.pauseAfter(hasWorked, TIMING.sealMs);
      const rests = this.sources.map(({ pollDelayMs = pauseMs }) => pollDelayMs);
      return Math.min(pauseMs, ...rests, ...(this.isUnsigned(this.state) ? [Math.max(0, this.msToSignature())] : []));
    } catch (error) {
      this.state = undefined;
      throw error;
    }
  }

  private async load(session: LedgerSession): Promise<LogState> {
    if (!this.listens.has(session))
      await session.listen(WAKE_CHANNEL, (payload = '', pid) => {
        const source = payload.startsWith(YIELD_PAYLOAD) ? payload.slice(YIELD_PAYLOAD.length) : undefined;
        if (source !== undefined && !this.sources.some(({ name }) => name === source)) this.yieldRequestedBy.add(pid);
        this.expect(0);
      });
    this.listens.add(session);
    await awaitReplicas(session); // the replicas must store everything that is read here before a checkpoint covers it
    const stored = await loadTree(session, this.signer);
    await noteWriters(session); // before the leader itself records an event
    await this.listener.onLead?.(session);
    await noteKeys(session, this.signer, stored.signed);
    await this.signer.lastSigned.begin(stored.signed.size, () => this.signer.signCheckpoint(stored.signed));
    this.signedAtMs = -Infinity;
    const late = await readOldestPending(session);
    if (late && late.waitedSeconds > MAX_WAIT_SECONDS) this.listener.onLate?.(late);
    return { ...stored, inbox: INBOX_START, takeBytes: FIRST_BYTES };
  }

  /** Resolves with whether events waited. Signs before it seals more, so that without signatures, the log hardly grows. */
  private async growAll(session: LedgerSession, signal: AbortSignal): Promise<boolean> {
    await this.signIfDue(session);
    let [hasLines, sources] = [await this.poll(session), await this.listPendingSources(session)];
    const hasWork = hasLines || sources.length > 0;
    while ((hasLines || sources.length > 0) && (!signal.aborted || performance.now() < this.endsAtMs)) {
      if (hasLines) hasLines = await this.growByLines(session);
      for (const source of sources) await this.sealFromSource(session, source);
      await this.signIfDue(session);
      if (sources.length > 0)
        [hasLines, sources] = [hasLines || (await this.poll(session)), await this.listPendingSources(session)];
    }
    return hasWork;
  }

  private get loaded(): LogState {
    if (!this.state) throw new Error('The log is not loaded.'); // lead() loads it
    return this.state;
  }

  private async poll(session: LedgerSession): Promise<boolean> {
    const { isWaiting, seen } = await checkForEvents(session, this.loaded.inbox);
    this.state = { ...this.loaded, inbox: seen };
    return isWaiting;
  }

  /** Resolves with whether more lines wait. */
  private async growByLines(session: LedgerSession): Promise<boolean> {
    const { hasMore, ...grown } = await sealFromInbox(session, this.signer, this.loaded);
    this.reportSealed(grown);
    return hasMore;
  }

  private async listPendingSources(session: LedgerSession): Promise<readonly SealSource[]> {
    const waiting: SealSource[] = [];
    for (const source of this.sources) {
      const isDue = (source.pollDelayMs ?? 0) <= 0;
      if (isDue && (await this.reportFailure(session, source, () => source.isWaiting(session)))) waiting.push(source);
    }
    return waiting;
  }

  private async sealFromSource(session: LedgerSession, source: SealSource): Promise<void> {
    await this.reportFailure(session, source, async () => {
      const grown = await sealFromSource(session, this.signer, this.loaded, source);
      source.onSealed();
      this.reportSealed(grown);
    });
  }

  private reportSealed({ state, parked, duplicates }: SealResult): void {
    this.state = state;
    if (duplicates.length > 0) this.listener.onDuplicates?.(duplicates);
    if (parked.length > 0) this.listener.onParked?.(parked);
  }

  /** A source that fails must not keep events of the inbox from being sealed. */
  private async reportFailure<Result>(
    session: LedgerSession,
    source: SealSource,
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      if (session.isLost || hasCode(error, 'AUDIT_LEDGER_INCONSISTENT')) throw error;
      source.onFailure(error);
      return undefined;
    }
  }

  private async signIfDue(session: LedgerSession): Promise<void> {
    if (!this.state || !this.isUnsigned(this.state) || (this.msToSignature() > 0 && !this.isEnding)) return;
    const { state, checkpoint } = await signLog(session, this.signer, this.state);
    this.state = state;
    this.signedAtMs = performance.now();
    await this.signer.lastSigned.write(checkpoint.note);
    await this.listener.onCheckpoint(checkpoint);
  }

  private async sweepIfDue(session: LedgerSession): Promise<void> {
    if (performance.now() - this.sweptAtMs < SWEEP_MS) return;
    await deleteExpiredKeys(session);
    this.sweptAtMs = performance.now();
  }

  private isUnsigned({ edge, signed }: LogState): boolean {
    return edge.size > signed.size;
  }

  private msToSignature(): number {
    return this.signedAtMs + TIMING.signMs - performance.now();
  }
}
