import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { errorMessage } from '../../../audit/plain.js';
import { ReadReplicaAwayError, ReadReplicaLateError } from '../errors/ledger-attention.error.js';
import { READER } from '../store/ledger-roles.js';
import { LedgerSessions } from '../store/sessions/ledger-sessions.js';
import { Periodic } from '../jobs/periodic.js';
import { limitsWithin } from '../store/sessions/session-limits.js';
import { partOf, partOff, type HealthPart, type StatePart } from '../store/health-part.js';
import { STORE_OPTIONS, type StoreOptions } from '../store/store-options.js';
import { warnInLog } from '../store/warn-in-log.js';

/** The state of the replica that answers queries. */
export interface ReplicaState {
  /** Every later answer includes all events that were stored up to this moment; `undefined` before it is known. */
  readonly asOf: Date | undefined;
  /** The age of that moment; the time since this process started if it is not known. */
  readonly lagSeconds: number;
  /** A problem that somebody must solve. */
  readonly problem?: ReadReplicaAwayError | ReadReplicaLateError;
}

type Answer = Readonly<Record<string, unknown>> | undefined;

/** How often both servers are asked for their positions in the write-ahead log. */
const LOOK_MS = 1_000;
const ANSWER_TIMEOUT_MS = 5_000;

/** The lag that the health reports: longer than the replay of a large transaction, shorter than a person waits for an event to appear. */
const LATE_AFTER_SECONDS = 60;

const IDENTITY = `
  (SELECT system_identifier::text FROM pg_control_system()) AS cluster, extract(epoch FROM pg_postmaster_start_time())::text AS started`;
const WRITTEN = `SELECT pg_current_wal_flush_lsn() - '0/0' AS place, ${IDENTITY}`;
const REPLAYED = `SELECT pg_last_wal_replay_lsn() - '0/0' AS place, pg_is_in_recovery() AS replays, ${IDENTITY}`;

/**
 * Measures how fresh the replica's answers are. It notes the primary's position, and later that the replica has replayed it: so it needs no
 * clock of the replica, and an idle primary does not look like lag. Does nothing without `readUrl`.
 */
@Injectable()
export class ReplicaFreshness implements HealthPart, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly part = 'replica';
  private readonly marks = new ReplayedMarks();
  private readonly startedAt = Date.now();
  private readonly primary: LedgerSessions | undefined;
  private readonly replica: LedgerSessions | undefined;
  private readonly looks = new Periodic({
    step: () => this.compare(),
    everyMs: LOOK_MS,
    onFailure: (error) => warnInLog(errorMessage(error)),
  });
  private away: ReadReplicaAwayError | undefined;

  constructor(@Inject(STORE_OPTIONS) { connectionUrl, readUrl }: Pick<StoreOptions, 'connectionUrl' | 'readUrl'>) {
    if (readUrl === undefined) return;
    const limits = limitsWithin(ANSWER_TIMEOUT_MS);
    this.primary = new LedgerSessions(connectionUrl, READER, limits, 1);
    this.replica = new LedgerSessions(readUrl, READER, limits, 1);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.replica) return;
    this.looks.start();
    await this.looks.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.looks.stop();
    await Promise.all([this.primary?.end(), this.replica?.end()]);
  }

  /** `undefined` where the primary answers. */
  get state(): ReplicaState | undefined {
    if (!this.replica) return undefined;
    const { replayedAtMs } = this.marks;
    const lagSeconds = Math.max(Date.now() - (replayedAtMs ?? this.startedAt), 0) / 1_000;
    const late = lagSeconds > LATE_AFTER_SECONDS ? ReadReplicaLateError.create(lagSeconds) : undefined;
    const problem = this.away ?? late;
    return {
      asOf: replayedAtMs === undefined ? undefined : new Date(replayedAtMs),
      lagSeconds,
      ...(problem ? { problem } : {}),
    };
  }

  /** Names no host: everybody may know how fresh an answer is. */
  health(): StatePart {
    const { state } = this;
    if (!state) return partOff(this.part, 'The primary answers queries and exports.');
    const lagSeconds = Math.round(state.lagSeconds);
    const facts = { asOf: state.asOf?.toISOString() ?? null, lagSeconds };
    const says = `A replica answers queries and exports. It is ${lagSeconds} s behind.`;
    return partOf(this.part, [state.problem], says, facts);
  }

  private async compare(): Promise<void> {
    // Taken before the primary is asked, so that its answer includes everything stored by now.
    const atMs = Date.now();
    const asked = await Promise.allSettled([this.primary?.rows(WRITTEN), this.replica?.rows(REPLAYED)]);
    const [written, replayed] = asked.map((each) => (each.status === 'fulfilled' ? each.value?.[0] : undefined));
    const [, failed] = asked;
    const problem = failed.status === 'rejected' ? errorMessage(failed.reason) : whyNone(written, replayed);
    this.note(problem);
    if (problem !== undefined || !replayed) return;
    const isSame = written?.started === replayed.started;
    if (written) this.marks.add(atMs, placeOf(written));
    this.marks.replayed(placeOf(isSame ? written : replayed));
  }

  /** Logs a problem when it begins. */
  private note(seen: string | undefined): void {
    const wasAway = this.away !== undefined;
    this.away = seen === undefined ? undefined : ReadReplicaAwayError.create(seen);
    if (this.away && !wasAway) warnInLog(this.away.message);
  }
}

/** A position in the write-ahead log, in bytes. */
function placeOf(answer: Answer): bigint {
  const place = answer?.place;
  return typeof place === 'string' ? BigInt(place) : 0n;
}

/**
 * Returns why the server of `readUrl` does not follow the primary; `undefined` if it does, is the primary itself, or the primary is
 * unreachable.
 */
function whyNone(written: Answer, replayed: Answer): string | undefined {
  if (!written || !replayed) return undefined;
  if (written.cluster !== replayed.cluster) return "its server is a copy of another one than the ledger's";
  if (replayed.replays !== true && written.started !== replayed.started)
    return 'its server replays nothing: it was promoted';
  return undefined;
}

/** A moment, and the position in the write-ahead log that the primary had reached by then, at least. */
interface Mark {
  readonly atMs: number;
  readonly place: bigint;
}

/** The number of kept marks: an hour of a missing replica; beyond, they become less exact. */
const MOST_MARKS = 3_600;

/** Determines up to which moment a replica has replayed. */
export class ReplayedMarks {
  private marks: Mark[] = [];
  private newest: number | undefined;

  /** The newest moment up to which everything was replayed, in milliseconds since 1970. */
  get replayedAtMs(): number | undefined {
    return this.newest;
  }

  /** @param place the position, in bytes of the write-ahead log, up to which it contains everything stored at `atMs` */
  add(atMs: number, place: bigint): void {
    if (this.marks.length >= MOST_MARKS) this.marks = this.marks.filter((_, nth) => nth % 2 === 0);
    this.marks.push({ atMs, place });
  }

  /** @param place the position up to which the replica replayed */
  replayed(place: bigint): void {
    const last = this.marks.findLast((mark) => mark.place <= place);
    if (!last) return;
    this.newest = Math.max(last.atMs, this.newest ?? 0);
    this.marks = this.marks.filter(({ atMs }) => atMs > last.atMs);
  }
}
