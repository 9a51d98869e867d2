import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { getErrorMessage, withTimeout, type AuditError } from '../../../audit/nest-free.js';
import { READER } from '../../store/ledger-roles.js';
import { LedgerSessions } from '../../store/sessions/ledger-sessions.js';
import { Periodic } from '../jobs/periodic.js';
import { createPoolLimits } from '../../store/sessions/session-limits.js';
import { assess, off, type Verdict } from '../../store/check.js';
import { STORE_OPTIONS, type StoreOptions } from '../../store/store-options.js';
import { TIMING } from '../../store/timing.js';
import { logWarning } from '../../store/log-warning.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';

export interface ReplicaState {
  /** A later answer of the replica includes all events that were stored up to this time; `undefined` until the first measurement. */
  readonly asOf: Date | undefined;
  /** The age of `asOf` in seconds. While `asOf` is `undefined`, the number of seconds since the process started. */
  readonly lagSeconds: number;
  /** Present while somebody must act. */
  readonly problem?: AuditError;
}

type Row = Readonly<Record<string, unknown>> | undefined;

const COMPARE_MS = 1_000;
const READ_TIMEOUT_MS = 5_000;

/** The replica replays even a large transaction in less time. */
const LATE_AFTER_SECONDS = 60;

/** A replica has the ledger's table under the primary's oids. */
const IDENTITY = `
  (SELECT format('%s/%s', d.oid, to_regclass('audit_event')::oid) FROM pg_database d WHERE d.datname = current_database()) AS ledger,
  (SELECT system_identifier::text FROM pg_control_system()) AS cluster, extract(epoch FROM pg_postmaster_start_time())::text AS started`;
const WRITTEN = `SELECT pg_current_wal_flush_lsn() - '0/0' AS position, ${IDENTITY}`;
const REPLAYED = `SELECT pg_last_wal_replay_lsn() - '0/0' AS position, pg_is_in_recovery() AS replays, ${IDENTITY}`;

/**
 * Measures how old the data of the replica is. Stores positions in the primary's write-ahead log, and later checks which of these positions
 * the replica has replayed. So the replica's clock does not matter, and an idle primary causes no lag. Does nothing without `readUrl`.
 */
@Injectable()
export class ReplicaFreshness implements OnModuleInit, BeforeApplicationShutdown {
  private readonly positions = new ReplayedPositions();
  private readonly startedAt = Date.now();
  private readonly primary: LedgerSessions | undefined;
  private readonly replica: LedgerSessions | undefined;
  private readonly comparisons = new Periodic({
    step: () => this.compare(),
    everyMs: COMPARE_MS,
    onFailure: (error) => logWarning(getErrorMessage(error)),
  });
  private away: AuditError | undefined;

  constructor(@Inject(STORE_OPTIONS) { connectionUrl, readUrl }: Pick<StoreOptions, 'connectionUrl' | 'readUrl'>) {
    if (readUrl === undefined) return;
    const limits = createPoolLimits(READ_TIMEOUT_MS);
    this.primary = new LedgerSessions(connectionUrl, READER, limits, 1);
    this.replica = new LedgerSessions(readUrl, READER, limits, 1);
  }

  async onModuleInit(): Promise<void> {
    if (!this.replica) return;
    this.comparisons.start();
    await withTimeout(TIMING.bootMs, this.comparisons.run(), () => undefined);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.comparisons.stop();
    await Promise.all([this.primary?.end(), this.replica?.end()]);
  }

  /** The state of the replica; `undefined` if `readUrl` is not set. */
  get state(): ReplicaState | undefined {
    if (!this.replica) return undefined;
    const { replayedAtMs } = this.positions;
    const lagSeconds = Math.max(Date.now() - (replayedAtMs ?? this.startedAt), 0) / 1_000;
    const late =
      lagSeconds > LATE_AFTER_SECONDS ? ledgerErrors.AUDIT_READ_REPLICA_UNUSABLE.late(lagSeconds) : undefined;
    const problem = this.away ?? late;
    return {
      asOf: replayedAtMs === undefined ? undefined : new Date(replayedAtMs),
      lagSeconds,
      ...(problem ? { problem } : {}),
    };
  }

  /** The verdict names no host, because every reader may see it. */
  health(): Verdict {
    const { state } = this;
    if (!state) return off('The primary answers queries and exports.');
    const lagSeconds = Math.round(state.lagSeconds);
    const facts = { asOf: state.asOf?.toISOString() ?? null, lagSeconds };
    const message = `A replica answers queries and exports. It is ${lagSeconds} s behind the primary.`;
    return assess([state.problem], message, facts);
  }

  private async compare(): Promise<void> {
    // The time is taken before the query, so the primary's position includes all events that were stored by then.
    const atMs = Date.now();
    const results = await Promise.allSettled([this.primary?.rows(WRITTEN), this.replica?.rows(REPLAYED)]);
    const [written, replayed] = results.map((each) => (each.status === 'fulfilled' ? each.value?.[0] : undefined));
    const [, failed] = results;
    const problem =
      failed.status === 'rejected' ? getErrorMessage(failed.reason) : explainNotReplica(written, replayed);
    this.note(problem);
    if (problem !== undefined || !replayed) return;
    const isSame = written?.started === replayed.started;
    if (written) this.positions.add(atMs, getPosition(written));
    this.positions.replayed(getPosition(isSame ? written : replayed));
  }

  private note(seen: string | undefined): void {
    const wasAway = this.away !== undefined;
    this.away = seen === undefined ? undefined : ledgerErrors.AUDIT_READ_REPLICA_UNUSABLE.away(seen);
    if (this.away && !wasAway) logWarning(this.away.message);
  }
}

function getPosition(row: Row): bigint {
  const position = row?.position;
  return typeof position === 'string' ? BigInt(position) : 0n;
}

function explainNotReplica(written: Row, replayed: Row): string | undefined {
  if (!written || !replayed) return undefined;
  if (written.cluster !== replayed.cluster) return "its server is not a copy of the ledger's server";
  if (written.ledger !== replayed.ledger) return 'it leads to another ledger (another database or schema)';
  if (replayed.replays !== true && written.started !== replayed.started)
    return 'its server replays nothing: it was promoted';
  return undefined;
}

interface Position {
  readonly atMs: number;
  readonly position: bigint;
}

/**
 * These positions cover an hour without an answer from the replica. After that hour, every second one is dropped, and the measurement becomes
 * less exact.
 */
const MAX_POSITIONS = 3_600;

/** Finds the newest time before which a replica has everything that was stored. */
export class ReplayedPositions {
  private positions: Position[] = [];
  private newest: number | undefined;

  /** The newest moment up to which the replica has replayed everything, in milliseconds since 1970. */
  get replayedAtMs(): number | undefined {
    return this.newest;
  }

  /** @param position a position in the write-ahead log, in bytes, that includes everything stored up to `atMs` */
  add(atMs: number, position: bigint): void {
    if (this.positions.length >= MAX_POSITIONS) this.positions = this.positions.filter((_, nth) => nth % 2 === 0);
    this.positions.push({ atMs, position });
  }

  /** @param position the position up to which the replica has replayed */
  replayed(position: bigint): void {
    const last = this.positions.findLast((each) => each.position <= position);
    if (!last) return;
    this.newest = Math.max(last.atMs, this.newest ?? 0);
    this.positions = this.positions.filter(({ atMs }) => atMs > last.atMs);
  }
}
