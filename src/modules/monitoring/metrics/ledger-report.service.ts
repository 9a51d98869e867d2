import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator, judgeHealth } from '../../../audit/index.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { PartitionsMissingError, SealingLateError } from '../errors/ledger-attention.error.js';
import { RETENTION_OPTIONS, type RetentionSlice } from '../lifecycle/retention/retention-policy.js';
import { CAPTURE_OPTIONS, type CaptureSlice } from '../row-changes/capture-options.js';
import { CaptureWatch } from '../row-changes/attest/capture-watch.service.js';
import { RowChangesLateError, RowChangesParkedError } from '../row-changes/capture.error.js';
import { RowChangeDrain } from '../row-changes/row-change-drain.service.js';
import { Sequencer } from '../sequencer/sequencer.service.js';
import { FEWEST_MONTHS_READY, LONGEST_WAIT_SECONDS } from '../store/ledger-state.js';
import { LedgerStateReader } from '../store/ledger-state-reader.service.js';
import { SelfCheck } from '../verify/self-check/self-check.service.js';
import { LedgerWatch, type KnownLedger } from './ledger-watch.service.js';
import { StreamRunner } from '../streams/stream-runner.service.js';
import { streamsPart } from './streams-part.js';
import { WatchRunner } from '../watch/watch-runner.service.js';
import { watchPart } from './watch-part.js';
import { ReplicaFreshness } from '../store/replica-freshness.service.js';
import { replicaPart } from './replica-part.js';
import { reportOf, toldBy, type StatePart, type StateReport } from './state-report.js';

/** Beyond this, the self-check, which runs every ten minutes, has stopped. */
const CHECK_LATE_MS = 3_600_000;
const RETIREMENT_LATE_HOURS = 48;

const KEPT = `
  SELECT (SELECT count(*) FROM audit_legal_hold WHERE released_at IS NULL AND (until IS NULL OR until > now()))::float8 AS holds,
         (SELECT count(*) FROM audit_retirement
           WHERE state <> 'retired' AND planned_at < now() - make_interval(hours => ${RETIREMENT_LATE_HOURS}))::float8 AS stuck,
         (SELECT to_char(max(retired_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') FROM audit_retirement) AS retired_at`;

/** What of the state tells nothing of hosts, files and others' events. */
const FOR_EVERYBODY = ['integrity', 'checkpoint', 'sealing', 'replica'];

/** Says how the ledger is, from what the health and the metrics know, and what to do about it. */
@Injectable()
export class LedgerReport {
  constructor(
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(LedgerWatch) private readonly ledger: LedgerWatch,
    @Inject(LedgerStateReader) private readonly state: LedgerStateReader,
    @Inject(Sequencer) private readonly sequencer: Sequencer,
    @Inject(SelfCheck) private readonly selfCheck: SelfCheck,
    @Inject(RowChangeDrain) private readonly drain: RowChangeDrain,
    @Inject(CaptureWatch) private readonly watch: CaptureWatch,
    @Inject(RETENTION_OPTIONS) private readonly keeping: RetentionSlice,
    @Inject(CAPTURE_OPTIONS) private readonly capturing: CaptureSlice,
    @Inject(StreamRunner) private readonly streams: Pick<StreamRunner, 'reports'>,
    @Inject(WatchRunner) private readonly rules: Pick<WatchRunner, 'isOn' | 'problemOf'>,
    @Inject(ReplicaFreshness) private readonly freshness: Pick<ReplicaFreshness, 'state'>,
  ) {}

  /** Of every part, or of those that `access` may know. Never rejects: a ledger out of reach is an error of its own. */
  async report(access: LedgerAccess): Promise<StateReport> {
    const now = new Date();
    const known = await this.ledger.look();
    const shared = [
      this.integrity(now),
      this.checkpoint(known),
      this.sealing(known),
      replicaPart(this.freshness.state),
    ];
    if (access.scope !== 'all') {
      return reportOf(shared.filter(({ name }) => FOR_EVERYBODY.includes(name)).map(withoutNames), now);
    }
    const kept = await this.kept();
    const delivered = [
      ...(await this.delivery()),
      this.capture(known, now),
      await this.streaming(),
      watchPart(this.rules, known),
    ];
    const parts = [...shared, this.partitions(known), ...kept, ...delivered];
    return reportOf(parts, now);
  }

  private integrity(now: Date): StatePart {
    const { checkedAt, runs, failedRuns, checkedEvents, findings } = this.selfCheck.status;
    const facts = {
      checkedAt: checkedAt?.toISOString() ?? null,
      runs,
      failedRuns,
      checkedEvents,
      findings: findings.length,
    };
    const problem = this.sequencer.status.inconsistency ?? this.selfCheck.violation;
    if (problem) return { name: 'integrity', status: 'error', ...toldBy(problem.message), facts };
    const { problem: failing } = this.selfCheck;
    if (failing) return { name: 'integrity', status: 'warning', ...toldBy(failing.message), facts };
    if (!checkedAt) {
      const says = 'This process has not completed a self-check yet.';
      return { name: 'integrity', status: 'warning', says, whatToDo: 'Wait some minutes; then see the log.', facts };
    }
    if (now.getTime() - checkedAt.getTime() > CHECK_LATE_MS) {
      const says = `The last self-check ended at ${checkedAt.toISOString()}.`;
      const whatToDo = 'See what the log says of the self-check. If nothing, restart this process.';
      return { name: 'integrity', status: 'warning', says, whatToDo, facts };
    }
    const says =
      'The self-checks found nothing that was tampered with. An auditor verifies the whole ledger from outside.';
    return { name: 'integrity', status: 'ok', says, facts };
  }

  private checkpoint({ isUp, state, ageSeconds }: KnownLedger): StatePart {
    const age = state?.checkpointAgeSeconds === undefined ? null : Math.round(state.checkpointAgeSeconds + ageSeconds);
    const facts = { size: state?.size ?? null, ageSeconds: age, sequencer: this.sequencer.status.role };
    if (!isUp) {
      const says = 'The ledger does not answer.';
      const whatToDo = 'See what the log of the application and of PostgreSQL say.';
      return { name: 'checkpoint', status: 'error', says, whatToDo, facts };
    }
    const says = age === null ? 'No checkpoint is signed yet.' : `The newest checkpoint covers ${facts.size} events.`;
    return { name: 'checkpoint', status: 'ok', says, facts };
  }

  private sealing({ state, ageSeconds }: KnownLedger): StatePart {
    const waitingEvents = state?.waitingEvents ?? null;
    const waitingSeconds = state && waitingEvents ? Math.round(state.waitingSeconds + ageSeconds) : 0;
    const facts = { waitingEvents, waitingSeconds };
    if (waitingSeconds > LONGEST_WAIT_SECONDS) {
      return {
        name: 'sealing',
        status: 'error',
        ...toldBy(new SealingLateError(waitingSeconds, this.sequencer.stranger.says).message),
        facts,
      };
    }
    const { problem } = this.sequencer.stranger;
    if (problem) return { name: 'sealing', status: 'error', ...toldBy(problem.message), facts };
    return {
      name: 'sealing',
      status: 'ok',
      says: `${count(waitingEvents ?? 0, 'event waits for its place', 'events wait for their places')}.`,
      facts,
    };
  }

  private partitions({ state }: KnownLedger): StatePart {
    const monthsReady = state?.monthsReady ?? null;
    const facts = { monthsReady, partitions: state?.partitions ?? null, lastPartition: state?.lastPartition ?? null };
    if (monthsReady !== null && monthsReady < FEWEST_MONTHS_READY) {
      return { name: 'partitions', status: 'error', ...toldBy(new PartitionsMissingError(monthsReady).message), facts };
    }
    return { name: 'partitions', status: 'ok', says: `${monthsReady ?? 'No'} months in a row are ready.`, facts };
  }

  private async kept(): Promise<readonly StatePart[]> {
    const { retention } = this.keeping;
    const found = await this.state.rows(KEPT).catch(() => []); // that it is out of reach, another part says
    const [row] = found;
    const [holds, stuck] = [Number(row?.holds ?? 0), Number(row?.stuck ?? 0)];
    const retiredAt = typeof row?.retired_at === 'string' ? row.retired_at : null;
    const facts = { retiredAt, unfinished: stuck, days: retention ? String(retention.days) : null };
    const holding: StatePart = {
      name: 'holds',
      status: 'ok',
      says: `${count(holds, 'legal hold keeps', 'legal holds keep')} events from retention and erasure.`,
      facts: { active: holds },
    };
    if (stuck > 0) {
      const says = `${count(stuck, 'retirement is', 'retirements are')} unfinished for more than two days.`;
      const whatToDo = 'Run "nestjs-audit-ledger retention run", and see what it prints.';
      return [{ name: 'retention', status: 'warning', says, whatToDo, facts }, holding];
    }
    const says = retention ? `Events are kept for ${retention.days} days or longer.` : 'Events are kept forever.';
    return [{ name: 'retention', status: retention ? 'ok' : 'off', says, facts }, holding];
  }

  /** The providers and the spill, as the health has them. */
  private async delivery(): Promise<readonly StatePart[]> {
    const providers = await this.aggregator.health();
    const spill = this.aggregator.spill();
    const { state, reasons } = judgeHealth(providers, spill);
    const isOfSpill = (reason: string): boolean => /\bspill\b/i.test(reason);
    const status = (of: readonly string[]) =>
      of.length === 0 ? ('ok' as const) : state === 'down' ? ('error' as const) : ('warning' as const);
    const ofSpill = reasons.filter(isOfSpill);
    const ofProviders = reasons.filter((reason) => !isOfSpill(reason));
    const names = Object.entries(providers).map(([name, health]) => [name, health.state] as const);
    return [
      {
        name: 'providers',
        status: status(ofProviders),
        ...(ofProviders.length > 0
          ? toldBy(ofProviders.join(' '))
          : {
              says: `${count(names.length, 'provider takes', 'providers take')} events: ${names.map(([name]) => name).join(', ')}.`,
            }),
        facts: Object.fromEntries(names),
      },
      spill
        ? {
            name: 'spill',
            status: status(ofSpill),
            ...(ofSpill.length > 0 ? toldBy(ofSpill.join(' ')) : { says: 'No event waits in the spill.' }),
            facts: {
              bytes: spill.bytes,
              maxBytes: spill.maxBytes,
              full: spill.full,
              deadLetters: Object.values(spill.deadLetters).reduce((sum, count) => sum + count, 0),
              corruptLines: spill.corruptLines,
            },
          }
        : {
            name: 'spill',
            status: 'warning',
            says: 'The application has no spill: events that no provider takes are lost.',
            whatToDo: 'Set spillDir to a folder on a disk with room.',
            facts: {},
          },
    ];
  }

  /** How late the streams are, and what they parked. */
  private async streaming(): Promise<StatePart> {
    return streamsPart(await this.streams.reports().catch(() => [])); // that the ledger is out of reach, another part says
  }

  private capture({ state, ageSeconds }: KnownLedger, now: Date): StatePart {
    const { capture } = this.capturing;
    if (!capture) return { name: 'capture', status: 'off', says: 'Row changes are not captured.', facts: {} };
    const { attestedAt, alterations, reconciled } = this.watch.status;
    const waitingSeconds = state && state.changeSeconds > 0 ? Math.round(state.changeSeconds + ageSeconds) : 0;
    const facts = {
      waitingSeconds,
      parked: state?.parkedChanges ?? null,
      attestedAt: attestedAt?.toISOString() ?? null,
      alterations,
      reconciledAt: reconciled?.checkedAt ?? null,
      findings: reconciled?.totalFindings ?? null,
    };
    const { parkedChanges = 0 } = state ?? {};
    if (parkedChanges > 0) {
      return {
        name: 'capture',
        status: 'error',
        ...toldBy(RowChangesParkedError.create(parkedChanges).message),
        facts,
      };
    }
    if (waitingSeconds > capture.lateAfterSeconds) {
      const late = new RowChangesLateError(waitingSeconds, this.drain.status.error, this.drain.stranger.says);
      return { name: 'capture', status: 'error', ...toldBy(late.message), facts };
    }
    const problem = this.drain.stranger.problem ?? this.watch.problem;
    if (problem) return { name: 'capture', status: 'error', ...toldBy(problem.message), facts };
    if (alterations > 0 || (reconciled?.totalFindings ?? 0) > 0) {
      const says = `Since this process started, the capture was altered at ${alterations} places. Rows that do not match their events: ${reconciled?.totalFindings ?? 'not compared'}.`;
      const whatToDo =
        'Unless a migration altered it, run "nestjs-audit-ledger capture check" and "nestjs-audit-ledger capture reconcile".';
      return { name: 'capture', status: 'error', says, whatToDo, facts };
    }
    const minutes = attestedAt ? Math.round((now.getTime() - attestedAt.getTime()) / 60_000) : undefined;
    const since =
      minutes === undefined ? 'not yet' : minutes < 1 ? 'just now' : `${count(minutes, 'minute', 'minutes')} ago`;
    return {
      name: 'capture',
      status: 'ok',
      says: `Row changes are captured; this process attested it ${since}.`,
      facts,
    };
  }
}

/** Messages may name files and hosts. */
function withoutNames({ name, status, facts }: StatePart): StatePart {
  const says = status === 'ok' ? 'Nothing needs attention.' : 'Something needs attention.';
  return {
    name,
    status,
    says,
    ...(status === 'ok' ? {} : { whatToDo: 'Tell the operators of the application.' }),
    facts,
  };
}

function count(number: number, one: string, other: string): string {
  return `${number === 0 ? 'No' : number} ${number === 1 || number === 0 ? one : other}`;
}
