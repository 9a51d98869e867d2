import { Inject, Injectable, Optional } from '@nestjs/common';
import { AuditAggregator, isIdShape } from '../../../../audit/index.js';
import { Archives, ARCHIVES_LOCK } from '../../archive/archives.js';
import { parseCheckpoint } from '../../log/notes/checkpoint.js';
import { parseNote } from '../../log/notes/signed-note.js';
import { LogReader } from '../../store/log-reading/log-reader.service.js';
import { CheckpointSigner } from '../../signing/checkpoint-signer.service.js';
import { EVENTS_ON_THE_WAY, type EventsOnTheWay } from '../../store/events-on-the-way.js';
import { firstIdAt } from '../../store/id-time.js';
import type { LedgerSession } from '../../store/ledger-session.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../../access/access-options.js';
import { PrimaryReader } from '../../store/primary-reader.service.js';
import { ActiveHolds } from '../holds/active-holds.js';
import { formatCertificate, type CheckpointHead } from './certificate.js';
import { eraseListed, eraseNaming, eraseRelated, type ErasureTarget, type WalkedPage } from './erase-page.js';
import { expectedArchives, lineFate } from './archived-events.js';
import { addPage, totalEvents, type ErasureState } from './erasure.js';
import { ErasureCertificates } from './erasure-certificates.service.js';
import { problemOfCaptured } from './captured-changes.js';
import { changeErasure, listedEvents, type ErasureRecord } from './erasure-records.js';
import { exportsWith, factNamesOf } from './find-remains.js';
import { forgetViews } from './forget-views.js';
import { subjectDigest } from './kept-certificate.js';
import { addFacts, type ErasureRemains } from './remains.js';
import { erasedEvents, signErased } from './sign-erased.js';
import { surveyArchives } from './survey-archives.js';
import { countUnderWay, preparedOf, transactionsUnderWay } from './transactions-under-way.js';

/** The event by which an erasure is itself in the ledger. */
const ERASED_EVENT = 'audit_subject_erased';

const LEDGER_BACKEND = 'database';
/** Of archived events, in one act. */
const SIGNED_AT_ONCE = 10_000;

/** How far an erasure got that has looked through the archives: what they hold is counted once. */
const SURVEYED = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A number of its own: a snapshot's `xmax` follows the last transaction that ended, and may be that of one under way. */
const HORIZON = 'SELECT pg_current_xact_id()::text AS horizon';
const TRY_LOCK = 'SELECT pg_try_advisory_lock(hashtext($1)) AS locked';
const UNLOCK = 'SELECT pg_advisory_unlock(hashtext($1))';
const EVENT = `SELECT id FROM audit_event WHERE type = $1 AND id >= $2::uuid AND details->>'erasureId' = $3 LIMIT 1`;
const PLACE = 'SELECT index FROM audit_leaf WHERE event_id = $1::uuid';
const COVERING = 'SELECT note FROM audit_checkpoint WHERE size > $1 ORDER BY size LIMIT 1';

type ErasePage = (
  session: LedgerSession,
  target: ErasureTarget & { readonly id: string },
  after?: string,
) => Promise<WalkedPage>;

/** What an erasure does, step by step; each can be done again after a crash. `undefined` says that it has to wait. */
@Injectable()
export class ErasureSteps {
  private readonly holds: ActiveHolds;

  constructor(
    @Inject(ACCESS_OPTIONS) private readonly options: Pick<AccessOptions, 'recordReads'>,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(LogReader) private readonly log: LogReader,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(Archives) private readonly archives: Archives,
    @Inject(ErasureCertificates) private readonly certificates: Pick<ErasureCertificates, 'keep'>,
    @Optional() @Inject(EVENTS_ON_THE_WAY) private readonly onTheWay?: EventsOnTheWay,
  ) {
    this.holds = new ActiveHolds(signer);
  }

  /** Does the next page or step of an erasure. Resolves with how far it is then. */
  async advance(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord | undefined> {
    switch (erasure.state) {
      case 'planned':
        return this.settle(session, erasure);
      case 'erasing':
        if (erasure.isReplay) return this.walk(session, erasure, eraseListed, 'archives');
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

  /**
   * Draws the line, and waits until all that is before it can be seen: what queues and the spill of this process hold, and
   * the transactions that are under way.
   */
  private async settle(session: LedgerSession, planned: ErasureRecord): Promise<ErasureRecord | undefined> {
    const begun = planned.until === undefined ? await this.begin(session, planned) : planned;
    const { id, until, horizon, transactions } = begun;
    if (until === undefined || horizon === undefined || (await this.mustWait(session, id))) return undefined;
    const left = await countUnderWay(session, { horizon, transactions });
    const prepared = left > 0 ? [] : await preparedOf(session, transactions);
    if (left > 0 || prepared.length > 0) {
      const problem = `${left || prepared.length} transaction(s) that began before it are under way: they may commit events`;
      await changeErasure(session, id, { problem, ...(prepared.length > 0 ? { transactions: prepared } : {}) });
      return undefined;
    }
    const captured = await problemOfCaptured(session, planned, horizon);
    if (captured !== undefined) {
      await changeErasure(session, id, { problem: captured });
      return undefined;
    }
    // Row changes get their ids when they leave the outbox: the line is drawn again, behind those that were captured before it.
    return changeErasure(session, id, { state: 'erasing', until: lineNow(), problem: null });
  }

  private async begin(session: LedgerSession, { id }: ErasureRecord): Promise<ErasureRecord> {
    const now = new Date();
    const checkpoint = await this.log.newestCheckpoint();
    const [row] = await session.rows(HORIZON);
    const transactions = await transactionsUnderWay(session);
    return changeErasure(session, id, {
      started_at: now,
      until: firstIdAt(new Date(now.getTime() + 1)),
      horizon: String(row?.horizon),
      transactions,
      checkpoint_before: checkpoint?.note ?? null,
    });
  }

  /** Each page, the act that signs which events it erased, and how far it got are one transaction. */
  private async walk(
    session: LedgerSession,
    erasure: ErasureRecord,
    erasePage: ErasePage,
    next: ErasureState,
  ): Promise<ErasureRecord> {
    const { id, until = '', position, counts } = erasure;
    return session.inTransaction(async () => {
      if (!erasure.dryRun) await this.holds.find(session); // before the server compares with them
      const page = await erasePage(session, { ...erasure, until }, position);
      const eventIds = page.erased.map((event) => event.id);
      if (!erasure.dryRun) await signErased(session, { id, eventIds }, this.signer);
      const state = page.last === undefined ? { state: next, position: null } : { position: page.last };
      const remains = addFacts(erasure.remains, await factNamesOf(session, page.remaining));
      return changeErasure(session, id, { counts: addPage(counts, page), remains, ...state });
    });
  }

  /** Nobody archives meanwhile: what was read before the erasure would be written after it. */
  private async eraseArchives(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord | undefined> {
    const [lock] = await session.rows(TRY_LOCK, [ARCHIVES_LOCK]);
    if (lock?.locked !== true) {
      await changeErasure(session, erasure.id, { problem: 'another process is writing archives' });
      return undefined;
    }
    try {
      await this.eraseInArchives(session, erasure);
    } finally {
      await session.rows(UNLOCK, [ARCHIVES_LOCK]);
    }
    const done = { state: 'done', identifiers: null, finished_at: new Date() } as const;
    return changeErasure(session, erasure.id, {
      ...(erasure.dryRun ? done : { state: 'providers' }),
      position: null,
      problem: null,
    });
  }

  /**
   * Rejects when an archive is not there that should be: the person would not be forgotten in it. What it finds is on record
   * before anything is erased: after a crash, what was erased is not found again.
   */
  private async eraseInArchives(session: LedgerSession, erasure: ErasureRecord): Promise<void> {
    const { archives } = this;
    const { id, isReplay, dryRun, counts } = erasure;
    const listed = isReplay ? new Set(await listedEvents(session, id)) : undefined;
    const fateOf = lineFate({ ...erasure, listed }, await session.inTransaction(() => this.holds.find(session)));
    const expected = await expectedArchives(session);
    const names = await archives.names(expected);
    const removedArchives = expected.filter((archive) => !names.includes(archive));
    if (erasure.position !== SURVEYED) {
      const { eventIds, held, remains } = await surveyArchives(
        archives,
        names,
        fateOf,
        erasure.remains,
        (text, values) => this.reader.eventRows({ scope: 'all' }, text, values),
      );
      await session.inTransaction(async () => {
        if (!dryRun) await this.signArchived(session, id, eventIds);
        await changeErasure(session, id, {
          counts: { ...counts, held: counts.held + held, archived: eventIds.length },
          remains: { ...remains, removedArchives },
          position: SURVEYED,
        });
      });
    }
    if (!dryRun) await archives.erase((line) => fateOf(line) === 'erased', expected);
  }

  private async signArchived(session: LedgerSession, id: string, eventIds: readonly string[]): Promise<void> {
    for (let first = 0; first < eventIds.length; first += SIGNED_AT_ONCE) {
      const page = { id, eventIds: eventIds.slice(first, first + SIGNED_AT_ONCE) };
      await signErased(session, page, this.signer);
    }
  }

  private async eraseStores(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord> {
    let { counts } = erasure;
    await forgetViews(session, erasure);
    for (const [backend, store] of this.aggregator.personalStores) {
      const rows = await store.eraseSubject?.({ id: erasure.subjectId, identifiers: erasure.identifiers });
      if (rows === undefined) continue;
      counts = { ...counts, providers: { ...counts.providers, [backend]: (counts.providers[backend] ?? 0) + rows } };
      await changeErasure(session, erasure.id, { counts });
    }
    const letters = this.aggregator.spill()?.deadLetters ?? {};
    const deadLetters = Object.values(letters).reduce((sum, count) => sum + count, 0);
    return changeErasure(session, erasure.id, { state: 'recording', counts: { ...counts, deadLetters } });
  }

  /** Once: an earlier try that was cut off is looked for where it may be. */
  private async record(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord | undefined> {
    // Its reason may name the person, and stays in the erasure's own record.
    const { id, until = '', subjectId, requestedBy, counts } = erasure;
    if (await this.mustWait(session, id)) return undefined;
    const [event] = await this.reader.eventRows({ scope: 'all' }, EVENT, [ERASED_EVENT, until, id]);
    if (event) return changeErasure(session, id, { state: 'sealing', event_id: String(event.id), problem: null });
    const { deadLetters, providers, archived, held } = counts;
    const receipt = await this.aggregator.record(
      ERASED_EVENT,
      {
        category: 'privacy',
        actor: requestedBy,
        // Nothing of the person, so that a later erasure leaves this event, and who requested it, as they are.
        resource: { type: 'user', id: isIdShape(subjectId) ? subjectId : subjectDigest(id, subjectId) },
        details: { erasureId: id, erasedEvents: totalEvents(counts), held, archived, providers, deadLetters },
      },
      { onFailure: 'open' },
    );
    if (receipt.providers[LEDGER_BACKEND]?.status !== 'recorded') return undefined; // looked for when it is replayed
    return changeErasure(session, id, { state: 'sealing', event_id: receipt.eventId, problem: null });
  }

  private async certify(session: LedgerSession, erasure: ErasureRecord): Promise<ErasureRecord | undefined> {
    const { id, eventId = '', until = '', startedAt = '', checkpointBefore, identifiers } = erasure;
    const [place] = await session.rows(PLACE, [eventId]);
    const [covering] = place ? await session.rows(COVERING, [place.index]) : [];
    if (!place || !covering) return undefined;
    const { subjectId, requestedBy, reason, requestedAt, counts } = erasure;
    const finishedAt = new Date();
    const remains = await this.remainsOf(session, erasure);
    const text = formatCertificate(this.signer.origin, {
      erasureId: id,
      subjectId,
      requestedBy,
      reason,
      requestedAt,
      startedAt,
      finishedAt: finishedAt.toISOString(),
      until,
      identifiers: identifiers.length,
      erasedEvents: totalEvents(counts),
      counts,
      remains,
      event: { id: eventId, index: Number(place.index) },
      checkpointBefore: checkpointBefore === undefined ? null : headOf(checkpointBefore),
      checkpointAfter: headOf(String(covering.note)),
    });
    const certificate = this.signer.signText(text);
    await this.certificates.keep({
      erasureId: id,
      finishedAt: finishedAt.toISOString(),
      subject: subjectDigest(id, subjectId),
      recordIds: [eventId],
      eventIds: await erasedEvents(session, id),
    });
    return session.inTransaction(async () => {
      await session.rows('DELETE FROM audit_erasure_list WHERE erasure_id = $1', [id]);
      return changeErasure(session, id, {
        state: 'done',
        identifiers: null,
        finished_at: finishedAt,
        remains,
        certificate,
        problem: null,
      });
    });
  }

  /** With the places that an erasure cannot reach. */
  private async remainsOf(session: LedgerSession, { id, remains }: ErasureRecord): Promise<ErasureRemains> {
    const hasArchives = Object.keys(remains.archives).length > 0 || remains.removedArchives.length > 0;
    return {
      ...remains,
      exports: await exportsWith(session, id),
      outside: [
        'backups',
        'write_ahead_logs',
        ...(hasArchives ? (['archive_copies'] as const) : []),
        ...(this.options.recordReads ? [] : (['unrecorded_exports'] as const)),
      ],
    };
  }

  /** Whether events that may be about the person are accepted, but not or not yet stored. Notes it in the record. */
  private async mustWait(session: LedgerSession, id: string): Promise<boolean> {
    await this.aggregator.drain();
    const health = await this.aggregator.health();
    const stores = [LEDGER_BACKEND, ...this.aggregator.personalStores.keys()];
    const spilled = stores.filter((backend) => health[backend]?.spillPending === true);
    const way = spilled.length === 0 ? await this.onTheWay?.settle() : undefined;
    const problem = health[LEDGER_BACKEND]
      ? (way ?? `events in the spill wait for ${spilled.join(', ')}: they are stored first`)
      : `the provider ${LEDGER_BACKEND} is disabled, so that nothing is recorded in the ledger`;
    const isObstacle = spilled.length > 0 || way !== undefined || !health[LEDGER_BACKEND];
    if (isObstacle) await changeErasure(session, id, { problem });
    return isObstacle;
  }
}

function lineNow(): string {
  return firstIdAt(new Date(Date.now() + 1));
}

function headOf(note: string): CheckpointHead {
  const { size, rootHash } = parseCheckpoint(parseNote(note).text);
  return { size, root: Buffer.from(rootHash).toString('base64') };
}
