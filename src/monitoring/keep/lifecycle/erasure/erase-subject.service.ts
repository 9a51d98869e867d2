import { Inject, Injectable, Optional } from '@nestjs/common';
import { AuditAggregator } from '../../../../audit/index.js';
import { isIdShape, hasCode } from '../../../../audit/nest-free.js';
import { collectErased, digestSubject } from '../../acts/erasure-act.js';
import { Archives, ARCHIVES_LOCK } from '../../archive/archives.js';
import { LogReader } from '../../../store/log-reading/log-reader.service.js';
import { CheckpointSigner } from '../../../proof/signing/checkpoint-signer.service.js';
import { LedgerExtensions } from '../../../store/ledger-extensions.service.js';
import { createFirstIdAt, LAST_ID, parseIdTime } from '../../../store/id-time.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { describeHolder } from '../../../store/sessions/foreign-lock-holder.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../../../read/access/ledger-access.js';
import { TIMING } from '../../../store/timing.js';
import { PrimaryReader } from '../../../store/ledger-reader.service.js';
import { VerifiedActs, type VerifiedAct } from '../verified-acts.js';
import { findActiveHolds } from '../holds/legal-hold.js';
import { formatCertificate, verifyHead } from './certificate.js';
import {
  addByMonth,
  addPage,
  eraseListed,
  eraseNaming,
  eraseRelated,
  proveSealed,
  type VerifySealed,
} from './erase-page.js';
import { MustWaitError } from '../lifecycle.error.js';
import { listExpectedArchives, createLineDecider, countInArchives, type EventRows } from './archived-events.js';
import type { ErasureState } from './erasure.dto.js';
import { totalEvents } from './erasure-progress.js';
import { ErasureCertificates } from './certificate-file.service.js';
import {
  findPendingChangesProblem,
  findParkedProblem,
  countOpenTransactions,
  listPreparedTransactions,
  readOpenTransactions,
} from './pending-transactions.js';
import {
  changeErasure,
  completeErasure,
  listedEvents,
  noteProblem,
  openRequests,
  readErasure,
  type ErasureChange,
  type ErasureRecord,
  type RequestAct,
} from './erasure-requests.js';
import { addUnreached } from './remnants.js';
import { erasedEvents, signErased } from './sign-erased.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';

const ERASED_EVENT = 'audit_subject_erased';

const LEDGER_BACKEND = 'database';

/** The value of `position` after the erasure has counted the archived events. */
const ARCHIVES_COUNTED = LAST_ID;

/** The details are compared, because other writers could add an event of this type. */
const SELECT_EVENT = `SELECT id FROM audit_event WHERE type = $1 AND id >= $2::uuid AND details::jsonb = $3::jsonb LIMIT 1`;
const SELECT_NEWEST_EVENT = 'SELECT id FROM audit_event ORDER BY id DESC LIMIT 1';
const SELECT_WAITING = 'SELECT bool_and(is_parked) AS is_parked FROM audit_waiting(ARRAY[$1::uuid])';
const SELECT_COVERING_CHECKPOINT = 'SELECT note FROM audit_checkpoint WHERE size > $1 ORDER BY size LIMIT 1';

/**
 * Erases a data subject step by step. Each step can be repeated after a crash. A step resolves with `undefined` if the erasure has to
 * wait.
 */
@Injectable()
export class SubjectEraser {
  readonly acts: VerifiedActs;

  constructor(
    @Inject(ACCESS_OPTIONS) private readonly options: Pick<AccessOptions, 'recordReads'>,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(LogReader) private readonly log: LogReader,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(Archives) private readonly archives: Archives,
    @Inject(ErasureCertificates) private readonly certificates: Pick<ErasureCertificates, 'keep'>,
    @Optional() @Inject(LedgerExtensions) private readonly extensions?: Pick<LedgerExtensions, 'ingest'>,
  ) {
    this.acts = new VerifiedActs(signer);
  }

  /** Returns the requests of erasures that were neither withdrawn nor completed. @throws `AUDIT_ACTS_CONTRADICTED` */
  async open(session: LedgerSession): Promise<readonly RequestAct[]> {
    return openRequests((await this.follow(session)).values());
  }

  /** Reads the erasure of a request, with the stored progress. @throws `AUDIT_ACTS_CONTRADICTED` */
  async resume(session: LedgerSession, request: RequestAct): Promise<ErasureRecord> {
    const record = await readErasure(session, request, this.acts.trust);
    const acts = await this.follow(session);
    if (record.newestAct === undefined || acts.has(record.newestAct)) return record;
    throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`the progress of the erasure ${record.id} was never committed`);
  }

  /** Runs the next step of an erasure. Resolves with the new progress, or stores the reason why the erasure has to wait. */
  async advance(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord | undefined> {
    try {
      return await this.step(session, erasure);
    } catch (error) {
      if (!(error instanceof MustWaitError)) throw error;
      await noteProblem(session, erasure.id, error.message);
      return undefined;
    }
  }

  private async step(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord | undefined> {
    switch (erasure.state) {
      case 'planned':
        return this.settle(session, erasure);
      case 'erasing':
        if (erasure.isReplay) return this.walkListed(session, erasure);
        return this.walk(session, erasure, eraseRelated, erasure.identifiers.length > 0 ? 'searching' : 'archives');
      case 'searching':
        return this.walk(session, erasure, eraseNaming, 'archives');
      case 'archives':
        return this.eraseArchives(session, erasure);
      case 'providers':
        return this.eraseStores(session, erasure);
      case 'recording':
        return this.record(session, erasure);
      case 'sealing':
        return this.certify(session, erasure);
      case 'done':
        return erasure;
    }
  }

  /** The erasure waits until all earlier events are visible: events in this process's queues and spill, and events of running transactions. */
  private async settle(session: LedgerSession, planned: ErasureRecord): Promise<ErasureRecord | undefined> {
    const started = planned.until === undefined ? await this.begin(session, planned) : planned;
    if (!started) return undefined;
    const { horizon = '', transactions } = started;
    await this.waitForStored();
    const left = await countOpenTransactions(session, { horizon, transactions });
    const prepared = left > 0 ? [] : await listPreparedTransactions(session, transactions);
    if (prepared.length > 0) await this.change(session, started, { transactions: prepared });
    if (left > 0 || prepared.length > 0)
      throw new MustWaitError(
        `${left || prepared.length} transaction(s) that began before the erasure are open, and may commit more events. End them, or wait`,
      );
    // In the order in which lines move on, so that none is missed: out of the outbox, or from the parked lines back into the inbox.
    await assertNone(findPendingChangesProblem(session, planned, horizon));
    await assertNone(findParkedProblem(session, planned));
    await this.waitForSealed();
    await assertNone(findParkedProblem(session, planned));
    // Sets `until` again, because row changes get their ids only when they leave the outbox.
    return this.change(session, started, { state: 'erasing', until: await this.lineNow(), problem: undefined });
  }

  /** After this method, the erasure can no longer be withdrawn. */
  private async begin(session: LedgerSession, planned: ErasureRecord): Promise<ErasureRecord | undefined> {
    const checkpoint = await this.log.newestCheckpoint();
    const underWay = await readOpenTransactions(session);
    const [startedAt, until] = [new Date().toISOString(), await this.lineNow()];
    return session.inTransaction(async () => {
      const open = openRequests((await this.acts.follow(session)).values());
      if (!open.some(({ number }) => number === planned.request)) return undefined;
      return this.change(session, planned, {
        startedAt,
        until,
        ...underWay,
        checkpointBefore: checkpoint?.note,
      });
    });
  }

  private async walkListed(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord | undefined> {
    const listed = await this.readListedEvents(session, erasure);
    return this.walk(session, erasure, (sessions, _target, after) => eraseListed(sessions, listed, after), 'archives');
  }

  private async readListedEvents(session: LedgerSession, { request }: ErasureRecord): Promise<readonly string[]> {
    const act = (await this.open(session)).find(({ number }) => number === request);
    return act ? listedEvents(session, act) : [];
  }

  /** One transaction erases the events, and stores the progress and the signed act. */
  private async walk(
    session: LedgerSession,
    erasure: ErasureRecord,
    erasePage: typeof eraseNaming,
    next: ErasureState,
  ): Promise<ErasureRecord> {
    const { id, until = '', position } = erasure;
    return session.inTransaction(async () => {
      if (!erasure.dryRun) await findActiveHolds(session, this.acts); // checks the holds that the server will apply
      const page = await erasePage(session, { ...erasure, until }, position, erasure.dryRun ? undefined : this.prove);
      const eventIds = page.erased.map((event) => event.id);
      const counts = addByMonth({}, page.erased);
      if (!erasure.dryRun) await signErased(session, { id, eventIds, counts }, this.signer);
      const state = page.last === undefined ? { state: next, position: undefined } : { position: page.last };
      return this.change(session, erasure, { ...(await addPage(session, erasure, page)), ...state });
    });
  }

  /** Without the lock of the archives, a retirement could read an event before its erasure, and archive the event later. */
  private async eraseArchives(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord> {
    if (!(await session.tryToLock(ARCHIVES_LOCK))) {
      const holder = await session.lockHolder(ARCHIVES_LOCK);
      throw new MustWaitError(`${holder ? describeHolder(holder) : 'Another session'} holds the lock of the archives`);
    }
    const erased = await this.eraseInArchives(session, erasure).finally(() => session.unlock(ARCHIVES_LOCK));
    const change = { position: undefined, problem: undefined };
    if (!erasure.dryRun) return this.change(session, erased, { ...change, state: 'providers' });
    const finishedAt = new Date().toISOString();
    return session.inTransaction(() => completeErasure(session, erased, { ...change, finishedAt }, this.signer));
  }

  /**
   * A missing archive stops this step, because the archive may contain the person's data. The counts are signed before the archives change,
   * because a search after a crash would miss the erased events.
   */
  private async eraseInArchives(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord> {
    const { archives } = this;
    const { id, isReplay, dryRun } = erasure;
    const listed = isReplay ? new Set(await this.readListedEvents(session, erasure)) : undefined;
    const decideLine = createLineDecider(
      { ...erasure, listed },
      await session.inTransaction(() => findActiveHolds(session, this.acts)),
    );
    const expected = await listExpectedArchives(session);
    let surveyed = erasure;
    if (erasure.position !== ARCHIVES_COUNTED) {
      const { eventIds, counts, remnants } = await countInArchives(
        { archives, eventRows: this.eventRows },
        expected,
        decideLine,
        erasure,
      );
      surveyed = await session.inTransaction(async () => {
        if (!dryRun) await signErased(session, { id, eventIds }, this.signer);
        return this.change(session, erasure, { counts, remnants, position: ARCHIVES_COUNTED });
      });
    }
    if (!dryRun) await archives.erase((line) => decideLine(line) === 'erased', expected);
    return surveyed;
  }

  private async eraseStores(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord> {
    let { counts } = erasure;
    for (const [backend, store] of this.aggregator.personalStores) {
      const rows = await store.eraseSubject?.({ id: erasure.subjectId, identifiers: erasure.identifiers });
      if (rows === undefined) continue;
      counts = { ...counts, providers: { ...counts.providers, [backend]: (counts.providers[backend] ?? 0) + rows } };
      await this.change(session, erasure, { counts });
    }
    const { deadLetters: letters = {}, corruptLines = 0 } = this.aggregator.spill() ?? {};
    const deadLetters = Object.values(letters).reduce((sum, count) => sum + count, 0);
    return this.change(session, erasure, { state: 'recording', counts: { ...counts, deadLetters, corruptLines } });
  }

  /** An interrupted attempt may have recorded the event already. */
  private async record(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord | undefined> {
    // Omits the reason, which may name the person.
    const { id, startedAt = '', subjectId, requestedBy } = erasure;
    await this.waitForStored();
    await this.waitForSealed();
    const { counts } = await this.erasedByActs(session, erasure);
    const recorded = (eventId: string): Promise<ErasureRecord> =>
      this.change(session, erasure, { state: 'sealing', eventId, counts, problem: undefined });
    const { deadLetters, corruptLines, providers, archived, held } = counts;
    const spilled = { deadLetters, corruptLines };
    const details = { erasureId: id, erasedEvents: totalEvents(counts), held, archived, providers, ...spilled };
    const [event] = await this.eventRows(SELECT_EVENT, [
      ERASED_EVENT,
      createFirstIdAt(new Date(startedAt)),
      JSON.stringify(details),
    ]);
    if (event) return recorded(String(event.id));
    const receipt = await this.aggregator.record(
      ERASED_EVENT,
      {
        category: 'privacy',
        actor: requestedBy,
        // The event contains no data of the person, so that a later erasure does not change it.
        resource: { type: 'user', id: isIdShape(subjectId) ? subjectId : digestSubject(id, subjectId) },
        details,
      },
      { onFailure: 'open' },
    );
    if (receipt.providers[LEDGER_BACKEND]?.status !== 'recorded') return undefined; // the next attempt searches for the event
    return recorded(receipt.eventId);
  }

  private async certify(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord | undefined> {
    const { id, eventId = '', until = '', startedAt = '', checkpointBefore } = erasure;
    const { proven } = await this.prove([eventId]);
    const index = proven.has(eventId) ? await this.log.findIndex(eventId) : undefined;
    const [covering] = index === undefined ? [] : await session.rows(SELECT_COVERING_CHECKPOINT, [index]);
    if (index === undefined) return this.awaitRecord(session, erasure);
    if (!covering) return undefined;
    const { request, subjectId, requestedBy, reason, requestedAt } = erasure;
    const finishedAt = new Date().toISOString();
    const { acts, byActs, counts } = await this.erasedByActs(session, erasure);
    const remnants = await addUnreached(session, erasure.remnants, byActs.acts, erasure, this.options);
    const text = formatCertificate(this.signer.origin, {
      ...{ erasureId: id, request, subjectId, requestedBy, reason, requestedAt, startedAt, finishedAt, until },
      identifiers: erasure.identifiers.length,
      erasedEvents: totalEvents(counts),
      counts,
      remnants,
      event: { id: eventId, index },
      checkpointBefore: checkpointBefore === undefined ? null : verifyHead(checkpointBefore, this.acts.trust),
      checkpointAfter: verifyHead(String(covering.note), this.acts.trust),
    });
    const certificate = await this.signer.signText(text);
    const erased = await erasedEvents(session, byActs, acts.values());
    const listed = erasure.isReplay ? await this.readListedEvents(session, erasure) : [];
    await this.certificates.keep({
      erasureId: id,
      finishedAt,
      subject: digestSubject(id, subjectId),
      recordIds: [eventId],
      eventIds: [...new Set([...erased, ...listed])].toSorted(),
    });
    const done = { finishedAt, counts, remnants, certificate };
    return session.inTransaction(() => completeErasure(session, erasure, done, this.signer, byActs.total));
  }

  /** An operator may discard the parked event. Then it is recorded again. */
  private async awaitRecord(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord | undefined> {
    const [waiting] = await this.reader.rows(SELECT_WAITING, [erasure.eventId]);
    if (waiting?.is_parked === true)
      throw new MustWaitError('its event is parked. Read the reason with nestjs-audit-ledger seal parked');
    return waiting?.is_parked === false ? undefined : this.change(session, erasure, { state: 'recording' });
  }

  /** Takes the counts from the signed acts, because an attacker could replace the stored progress with an older progress. */
  private async erasedByActs(session: LedgerSession, { id: erasureId, request, counts }: ErasureRecord) {
    const acts = await this.follow(session);
    const byActs = collectErased(acts.values(), { erasureId, request });
    return { acts, byActs, counts: { ...counts, events: byActs.events, archived: byActs.archived } };
  }

  /** Returns an id above the ids of all stored events, because the clock of the instance that stored an event may be ahead. */
  private async lineNow(): Promise<string> {
    const [newest] = await this.eventRows(SELECT_NEWEST_EVENT, []);
    const newestMs = newest ? parseIdTime(String(newest.id)).getTime() : 0;
    return createFirstIdAt(new Date(Math.max(Date.now(), newestMs) + 1));
  }

  /** Waits for accepted events that the ledger still lacks, because such an event may be about the person. */
  private async waitForStored(): Promise<void> {
    await this.aggregator.drain();
    const health = await this.aggregator.health();
    if (!health[LEDGER_BACKEND])
      throw new MustWaitError(`the provider ${LEDGER_BACKEND} is disabled, so the ledger stores no events`);
    const stores = [LEDGER_BACKEND, ...this.aggregator.personalStores.keys()];
    const spilled = stores.filter((backend) => health[backend]?.spillPending === true);
    if (spilled.length > 0) throw new MustWaitError(`events are waiting in the spill for ${spilled.join(', ')}`);
    const unsettled = await this.extensions?.ingest?.settle();
    if (unsettled !== undefined) throw new MustWaitError(unsettled);
  }

  /** Waits for what stands in the inbox, which nobody can search. */
  private async waitForSealed(): Promise<void> {
    try {
      await this.reader.settled(TIMING.questionMs);
    } catch (error) {
      if (hasCode(error, 'AUDIT_SEALING_LATE')) throw new MustWaitError('stored events wait to be sealed');
      throw error;
    }
  }

  private readonly eventRows: EventRows = (text, values) => this.reader.eventRows({ scope: 'all' }, text, values);

  private readonly prove: VerifySealed = (ids) => proveSealed(this.eventRows, this.log, this.acts.trust, ids);

  private follow(session: LedgerSession): Promise<ReadonlyMap<string, VerifiedAct>> {
    return session.inTransaction(() => this.acts.follow(session));
  }

  private change(session: LedgerSession, erasure: ErasureRecord, change: ErasureChange): Promise<ErasureRecord> {
    return changeErasure(session, erasure, change, this.signer);
  }
}

async function assertNone(looking: Promise<string | undefined>): Promise<void> {
  const problem = await looking;
  if (problem !== undefined) throw new MustWaitError(problem);
}
