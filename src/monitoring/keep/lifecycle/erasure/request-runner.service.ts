import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { BackgroundPool } from '../../../store/sessions/ledger-pools.service.js';
import { toAuditError } from '../../../store/sessions/classify-ledger-error.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { ACT_EVENTS } from '../../acts/act-note.js';
import { assess, type Verdict } from '../../../store/check.js';
import { noteProblem, type ErasureRecord, type RequestAct } from './erasure-requests.js';
import { Sequencer } from '../../../sealer/sequencer.service.js';
import { SubjectEraser } from './erase-subject.service.js';
import { Periodic } from '../../../operate/jobs/periodic.js';
import { ErasureSessions } from './erasure-sessions.service.js';
import { TIMING } from '../../../store/timing.js';
import { hasCode, type AuditError } from '../../../../audit/nest-free.js';

const SELECT_NEWEST = 'SELECT max(number) AS number FROM audit_act WHERE type = $1';

/** Carries out the erasures that signed acts request, the oldest first. Only one instance carries out erasures at a time. */
@Injectable()
export class ErasureRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('AuditPrivacy');
  private isStopped = false;
  private readonly polling = new Periodic({
    step: () => this.runDue(),
    everyMs: TIMING.erasureLookMs,
    // If the first statement of a step fails, the ledger's provider reports that the ledger is unreachable.
    onFailure: (error) => this.newest === undefined && this.report(error),
  });
  private lastProblem: string | undefined;
  private open: readonly RequestAct[] = [];
  /** `undefined` if the requests must be read again. */
  private newest: number | undefined = 0;
  private contradicted: AuditError | undefined;

  constructor(
    @Inject(BackgroundPool) private readonly pool: BackgroundPool,
    @Inject(ErasureSessions) private readonly sessions: ErasureSessions,
    @Inject(SubjectEraser) private readonly steps: SubjectEraser,
    @Inject(Sequencer) sequencer: Pick<Sequencer, 'onCheckpoint'>,
  ) {
    sequencer.onCheckpoint(() => this.polling.runSoon(TIMING.erasureSealedMs));
  }

  /** Reports an erasure that cannot run because a table contradicts the signed acts. */
  health(): Verdict {
    return assess([this.contradicted], 'Each erasure does what its signed act requests.');
  }

  /** Starts in the background, so that an unreachable ledger does not stop the boot. */
  onApplicationBootstrap(): void {
    this.polling.start();
  }

  wake(): void {
    this.newest = undefined;
    this.polling.wake();
  }

  /** Stops after the current step or page. After the next start, the erasure resumes. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    await this.polling.stop();
  }

  private async runDue(): Promise<number> {
    const [row] = await this.pool.rows(SELECT_NEWEST, [ACT_EVENTS.erasure_request.type]);
    const newest = Number(row?.number ?? 0);
    if (newest === this.newest && !this.open.some(isDue)) return TIMING.erasureLookMs;
    this.newest = undefined;
    return this.sessions.use(async (session) => {
      if (!(await session.tryToLock())) return TIMING.erasureLookMs;
      const pauseMs = await this.runAll(session);
      this.newest = newest;
      return pauseMs;
    });
  }

  private async runAll(session: LedgerSession): Promise<number> {
    this.open = await this.steps.open(session);
    let pauseMs = TIMING.erasureLookMs;
    let contradicted: AuditError | undefined;
    for (const request of this.open.filter(isDue)) {
      try {
        if (await this.run(session, await this.steps.resume(session, request))) {
          this.open = this.open.filter((each) => each !== request);
        } else pauseMs = TIMING.erasureWaitMs;
        this.lastProblem = undefined;
      } catch (error) {
        if (hasCode(error, 'AUDIT_ACTS_CONTRADICTED')) contradicted = error;
        const problem = this.report(error);
        // If the problem cannot be stored, the other erasures must still run.
        await noteProblem(session, request.erasureId, problem).catch(() => undefined);
      }
    }
    this.contradicted = contradicted;
    return pauseMs;
  }

  private async run(session: LedgerSession, due: ErasureRecord): Promise<boolean> {
    let erasure: ErasureRecord | undefined = due;
    while (erasure && erasure.state !== 'done' && !this.isStopped) erasure = await this.steps.advance(session, erasure);
    if (erasure?.state !== 'done') return false;
    this.logger.log(`Finished the ${erasure.dryRun ? 'dry run of the ' : ''}erasure ${erasure.id}.`);
    return true;
  }

  private report(error: unknown): string {
    if (hasCode(error, 'AUDIT_ACTS_CONTRADICTED')) this.contradicted = error;
    const { message } = toAuditError(error);
    if (message !== this.lastProblem)
      this.logger.warn(`Cannot continue an erasure now. ${message} The application retries it.`);
    this.lastProblem = message;
    return message;
  }
}

function isDue({ startsAt }: RequestAct): boolean {
  return Date.parse(startsAt) <= Date.now();
}
