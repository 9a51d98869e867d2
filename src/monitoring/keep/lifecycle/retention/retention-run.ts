import { uuidv7 } from 'uuidv7';
import { AuditError, getErrorMessage, pause as delay } from '../../../../audit/nest-free.js';
import { digestTableDigests, readTableDigests, sealRowDigests } from '../../acts/row-digests-act.js';
import { readState, signState } from '../../acts/signed-state.js';
import { lockActs, recordAct } from '../../acts/store-act.js';
import { withArchivesLock, type Archives } from '../../archive/archives.js';
import { encodeEntry } from '../../../proof/sealing/seal-event.js';
import { RETENTION, VERIFIER } from '../../../store/ledger-roles.js';
import { appendOwnEvent } from '../../../inbox/append-own-event.js';
import { readServerTime } from '../../../store/ledger-clock.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import { RETENTION_LIMITS } from '../../../store/sessions/session-limits.js';
import { isDue } from '../../../proof/verify/announcement.js';
import { VerifiedActs } from '../verified-acts.js';
import { findActiveHolds, type ActiveHold } from '../holds/legal-hold.js';
import {
  collectContent,
  checkRetirement,
  openRetirements,
  readRetirement,
  buildStatement,
  type Retirement,
} from './retirement.js';
import { EventHeldError } from '../lifecycle.error.js';
import { isShorter, type RetentionPolicy } from './retention-policy.js';
import { surveyMonths } from './survey.js';
import { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { TIMING } from '../../../store/timing.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';

/** A durable step of a run. */
export type RetentionStep = 'planned' | 'written' | 'archived' | 'announced' | 'removed' | 'detached' | 'retired';

export interface RetentionRunOptions {
  /** The database URL of a login that may seal and retire events. */
  readonly connectionUrl: string;
  readonly archives: Archives;
  readonly policy: RetentionPolicy;
  /** Called after each step, and awaited. */
  readonly onStep?: (step: RetentionStep, retirement: Retirement) => Promise<void> | void;
  /** Called before each month with the numbers of finished months and of all months. */
  readonly onMonth?: (done: number, total: number) => void;
  /** When this signal is aborted, the run ends before its next step. */
  readonly signal?: AbortSignal;
}

/** The result of a run. */
export interface RetentionReport {
  /** Whether this run did nothing, because another process was retiring events. */
  readonly isBusy: boolean;
  readonly retired: readonly Retirement[];
  /** The retirements that are not finished, each with the reason. The next run resumes these retirements. */
  readonly waiting: readonly string[];
  /** The problems, as sentences. */
  readonly problems: readonly string[];
}

const IS_DETACHED = `SELECT to_regclass('audit_retired_' || replace($1::text, '-', '')) IS NOT NULL AS is_detached`;
const RETIRE_MONTH = 'SELECT audit_retire_month($1::uuid) AS result';
const PAGE_SIZE = 1_000;
const MAX_ROWS = 1_000_000;
const SEAL_TIMEOUT_MS = 60_000;
const SYSTEM_ACTOR = { type: 'system', id: 'retention' } as const;
const UPDATE_KEPT_BEFORE = 'UPDATE audit_retirement SET kept_before = $2 WHERE id = $1 AND retired_through = -1';
const POLICY_BEFORE = 'SELECT policy FROM audit_retirement WHERE id < $1 ORDER BY id DESC LIMIT 1';
const BEFORE = 'SELECT retired_through, kept_before FROM audit_retirement WHERE id = $1';

/**
 * Retires expired events: first finishes the retirements of previous runs, then retires the expired events by month. Each step is durable,
 * so that the next run resumes after a crash. Only one process retires events at a time. A run that another process begins meanwhile only
 * returns `isBusy: true`. Rejects with the error of the PostgreSQL client if the ledger cannot be reached.
 */
export async function runRetention(options: RetentionRunOptions): Promise<RetentionReport> {
  const session = await LedgerSession.open(options.connectionUrl, RETENTION, RETENTION_LIMITS);
  try {
    if (!(await session.tryToLock())) return { isBusy: true, retired: [], waiting: [], problems: [] };
    return await new RetentionRun(session, options).run();
  } finally {
    await session.close();
  }
}

/** One run of retention, which archives and purges the events that are due. */
class RetentionRun {
  private readonly retired: Retirement[] = [];
  private readonly waiting: string[] = [];
  private readonly problems: string[] = [];
  private readonly acts: VerifiedActs;

  constructor(
    private readonly session: LedgerSession,
    private readonly options: RetentionRunOptions,
  ) {
    this.acts = new VerifiedActs(options.archives.signer);
  }

  async run(): Promise<RetentionReport> {
    const { policy, signal, onMonth } = this.options;
    for (const retirement of await openRetirements(this.session)) {
      signal?.throwIfAborted();
      await this.finish(retirement);
    }
    const asOf = await readServerTime(this.session);
    const months = await surveyMonths(this.session, policy, asOf);
    for (const [nth, { partition, due, held, unsealed }] of months.entries()) {
      onMonth?.(nth, months.length);
      if (due === held + unsealed) continue;
      for (let isRetired = true; isRetired;) {
        signal?.throwIfAborted();
        const next = await this.plan(partition, asOf);
        isRetired = next !== undefined && (await this.finish(next));
      }
    }
    return { isBusy: false, retired: this.retired, waiting: this.waiting, problems: this.problems };
  }

  private async plan(partition: string, asOf: Date): Promise<Retirement | undefined> {
    const id = uuidv7();
    const values = [id, partition, this.options.policy, asOf, MAX_ROWS];
    const [row] = await this.session.rows(
      'SELECT audit_retirement_plan($1::uuid, $2::text, $3::text, $4::timestamptz, $5::bigint) AS is_any',
      values,
    );
    if (row?.is_any !== true) return undefined;
    const retirement = await readRetirement(this.session, id);
    await this.recordPolicyChange(retirement);
    await this.options.onStep?.('planned', retirement);
    return retirement;
  }

  private async recordPolicyChange({ id, policy }: Retirement): Promise<void> {
    const [last] = await this.session.rows(POLICY_BEFORE, [id]);
    const before = last?.policy;
    if (typeof before !== 'string' || before === policy) return;
    const shortened = isShorter(policy, before);
    await this.session.inTransaction(() =>
      appendOwnEvent(this.session, 'audit_retention_changed', {
        category: 'system',
        severity: shortened ? 'warning' : 'info',
        outcome: 'success',
        actor: SYSTEM_ACTOR,
        details: { policy, before, shortened },
      }),
    );
  }

  private async finish(retirement: Retirement): Promise<boolean> {
    try {
      const why = await this.advance(retirement);
      if (why === undefined) this.retired.push(retirement);
      else this.waiting.push(`${retirement.partition}, ${retirement.events} events: ${why}`);
      return why === undefined;
    } catch (error) {
      if (this.options.signal?.aborted) throw error;
      const seen = getErrorMessage(error);
      const isPlain = error instanceof AuditError; // the message of an AuditError states what to do
      this.problems.push(
        isPlain ? seen : `Cannot retire events of ${retirement.partition} now: ${seen}. The next run tries again.`,
      );
      return false;
    }
  }

  private async advance(retirement: Retirement): Promise<string | undefined> {
    await this.checkByActs(retirement);
    if (retirement.state === 'planned') {
      if (retirement.policy !== this.options.policy) return this.cancel(retirement, 'the policy was changed');
      if (!(await this.archive(retirement)))
        return this.cancel(retirement, 'a legal hold was placed on some of these events');
    } else {
      await this.findArchive(retirement);
    }
    const { state } = await readRetirement(this.session, retirement.id);
    if (state === 'archived') {
      if (!(await this.waitForSeal(retirement))) {
        return 'the event that announces the retirement is not sealed yet. Check that an application with the ledger is running';
      }
      await this.options.onStep?.('announced', retirement);
    }
    await this.findHolds();
    await this.checkByActs(await readRetirement(this.session, retirement.id));
    const why = retirement.kind === 'month' ? await this.removeMonth(retirement) : await this.removeRows(retirement);
    if (why === undefined) await this.options.onStep?.('retired', retirement);
    return why;
  }

  private async checkByActs(retirement: Retirement): Promise<void> {
    const acts = await this.session.inTransaction(() => this.acts.follow(this.session));
    await checkRetirement(this.session, retirement, acts.values());
  }

  private async archive(retirement: Retirement): Promise<boolean> {
    const { archives, connectionUrl } = this.options;
    const { trust } = archives.signer;
    return withArchivesLock(this.session, async () => {
      const holds = await this.findHolds();
      const snapshot = await LedgerSession.open(connectionUrl, VERIFIER);
      const { idsDigest } = await collectContent(snapshot, retirement, { trust, holds })
        .then((content) => archives.write(content))
        .finally(() => snapshot.close());
      await this.options.onStep?.('written', retirement);
      await this.checkArchive(retirement);
      await this.announce(retirement, idsDigest);
      await this.options.onStep?.('archived', retirement);
      return true;
    }).catch((error: unknown) => {
      if (error instanceof EventHeldError) return false;
      throw error;
    });
  }

  private async announce(retirement: Retirement, idsDigest: string): Promise<void> {
    const { session, acts } = this;
    const { signer } = this.options.archives;
    await session.inTransaction(async () => {
      await findActiveHolds(session, acts); // verifies the holds that the database will apply
      const statement = buildStatement(retirement, idsDigest);
      const occurredAt = (await readServerTime(session)).toISOString();
      // Checks before it signs, because an administrator can read the rows of a rolled-back transaction.
      if (!isDue({ occurredAt, details: statement }))
        throw lifecycleErrors.AUDIT_RETENTION_FAILED.tooEarly(retirement, occurredAt);
      const { event } = await recordAct(session, { statement, signer, actor: SYSTEM_ACTOR, reason: 'retention' });
      const values = [retirement.id, event.id, Buffer.from(encodeEntry(event))];
      const [row] = await session.rows(
        'SELECT audit_retirement_archived($1::uuid, $2::uuid, $3::bytea) AS is_done',
        values,
      );
      if (row?.is_done !== true) throw new EventHeldError();
    });
  }

  private async findHolds(): Promise<readonly ActiveHold[]> {
    return this.session.inTransaction(() => findActiveHolds(this.session, this.acts));
  }

  private async checkArchive({ archive, partition, indexesDigest }: Retirement): Promise<void> {
    const { verdict, findings, manifest } = await this.options.archives.verify(archive);
    if (verdict === 'sound' && manifest?.indexesDigest === indexesDigest) return;
    const seen = findings.slice(0, 3).join(' ') || 'its events are not those of the retirement';
    throw lifecycleErrors.AUDIT_RETENTION_FAILED.because(
      partition,
      `the archive ${archive} is not sound: ${seen.replace(/\.$/, '')}`,
    );
  }

  /** The file `removed` means that an operator removed the archive. */
  private async findArchive({ archive, partition, indexesDigest }: Retirement): Promise<void> {
    const { archives } = this.options;
    await withArchivesLock(this.session, async () => {
      if (!(await archives.names([archive])).includes(archive)) return;
      await archives.check(archive);
      if ((await archives.manifest(archive)).indexesDigest === indexesDigest) return;
      throw lifecycleErrors.AUDIT_RETENTION_FAILED.because(
        partition,
        `the events of the archive ${archive} are not those of the retirement`,
      );
    });
  }

  private async cancel({ id, archive }: Retirement, why: string): Promise<string> {
    await this.session.rows('SELECT audit_retirement_cancel($1::uuid)', [id]);
    await this.options.archives.remove(archive);
    return `${why}, and the retirement was cancelled`;
  }

  private async waitForSeal({ id }: Retirement): Promise<boolean> {
    const giveUpAt = performance.now() + SEAL_TIMEOUT_MS;
    for (;;) {
      const [row] = await this.session.rows('SELECT audit_retirement_announced($1::uuid) AS is_done', [id]);
      if (row?.is_done === true) return true;
      if (performance.now() > giveUpAt) return false;
      await delay(TIMING.retirementMs, undefined, this.options.signal ? { signal: this.options.signal } : {});
    }
  }

  private async removeMonth(retirement: Retirement): Promise<string | undefined> {
    for (;;) {
      const [month] = await this.session.rows(IS_DETACHED, [retirement.id]);
      const [row] =
        month?.is_detached === true
          ? await this.dropMonth(retirement)
          : await this.session.rows(RETIRE_MONTH, [retirement.id]);
      if (row?.result === 'retired') return undefined;
      if (row?.result === 'busy') return 'long-running transactions prevented the detachment of the monthly partition';
      // The month has events under a hold, or events that arrived late: removes single rows instead.
      if (row?.result !== 'detached') return this.removeRows(retirement);
      await this.options.onStep?.('detached', retirement);
    }
  }

  private async dropMonth({ id }: Retirement): Promise<readonly LedgerRow[]> {
    const { session } = this;
    return session.inTransaction(async () => {
      await lockActs(session);
      const before = digestTableDigests(await readTableDigests(session));
      const rows = await session.rows(RETIRE_MONTH, [id]);
      await sealRowDigests(session, this.options.archives.signer, { retirementId: id, before });
      return rows;
    });
  }

  /**
   * Returns the hash of the kept digests from before this retirement removed its first event. A previous run may already have signed and
   * stored this hash.
   */
  private async retainedBefore({ id }: Retirement): Promise<string> {
    const [row] = await this.session.rows(BEFORE, [id]);
    if (Number(row?.retired_through) === -1) return digestTableDigests(await readTableDigests(this.session));
    const state = readState(String(row?.kept_before), 'kept-before', this.acts.trust);
    if (state?.retirementId === id && typeof state.before === 'string') return state.before;
    throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`the application did not write the progress of the retirement ${id}`);
  }

  /** The last transaction stores the act that covers the digests of all retired rows. */
  private async removeRows(retirement: Retirement): Promise<string | undefined> {
    const { session } = this;
    const { signal, archives, onStep } = this.options;
    const { id: retirementId } = retirement;
    const before = await this.retainedBefore(retirement);
    for (;;) {
      signal?.throwIfAborted();
      const row = await session.inTransaction(async () => {
        await lockActs(session);
        const kept = await signState(archives.signer, 'kept-before', { retirementId, before });
        await session.rows(UPDATE_KEPT_BEFORE, [retirementId, kept]);
        const [retired] = await session.rows('SELECT * FROM audit_retire($1::uuid, $2::integer)', [
          retirementId,
          PAGE_SIZE,
        ]);
        if (retired?.is_done === true) await sealRowDigests(session, archives.signer, { retirementId, before });
        return retired;
      });
      if (row?.is_done === true)
        return Number(row.held) === 0 ? undefined : `a legal hold covers ${String(row.held)} of these events`;
      await onStep?.('removed', retirement);
    }
  }
}
