import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { explainUnlessOwn } from '../../store/explain-ledger-error.js';
import type { LedgerSession } from '../../store/ledger-session.js';
import { changeErasure, dueErasures, type ErasureRecord } from './erasure-records.js';
import { ErasureSteps } from './erasure-steps.service.js';
import { Keeper } from './keeper.service.js';
import { TIMING } from '../../store/timing.js';

/** Carries out what is planned, from the boot to the shutdown, oldest first. One of all instances does. */
@Injectable()
export class ErasureRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('AuditPrivacy');
  private isStopped = false;
  private isWoken = false;
  private wakeUp: () => void = () => undefined;
  private work: Promise<void> = Promise.resolve();
  private lastProblem: string | undefined;
  /** Whether one was planned, by what was seen last. */
  private isPlanned = false;

  constructor(
    @Inject(Keeper) private readonly keeper: Keeper,
    @Inject(ErasureSteps) private readonly steps: ErasureSteps,
  ) {}

  /** Does not wait: a ledger that cannot be reached does not stop the boot. */
  onApplicationBootstrap(): void {
    this.work = this.loop();
  }

  /** Looks for work at once. */
  wake(): void {
    this.isWoken = true;
    this.isPlanned = true;
    this.wakeUp();
  }

  /** Ends after the page under way; the rest is done after the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    this.wakeUp();
    await this.work;
  }

  /** Begun at the boot, so that no request's context is the one of what it records. */
  private async loop(): Promise<void> {
    while (!this.isStopped) {
      this.isWoken = false;
      const pauseMs = await this.runDue();
      await this.pause(pauseMs);
    }
  }

  private async pause(pauseMs: number): Promise<void> {
    if (this.isStopped || this.isWoken) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wakeUp = resolve;
      timer = setTimeout(resolve, pauseMs);
    });
    clearTimeout(timer);
  }

  /** Resolves with how long to wait then. Never rejects. */
  private async runDue(): Promise<number> {
    try {
      this.isPlanned = (await dueErasures(this.keeper)).length > 0;
      if (!this.isPlanned) return TIMING.erasureLookMs;
      const session = await this.keeper.openSession();
      try {
        return (await session.tryToLock()) ? await this.runAll(session) : TIMING.erasureLookMs;
      } finally {
        await session.close();
      }
    } catch (error) {
      // That the ledger is away is told where events are written.
      if (this.isPlanned) this.report(error);
      return TIMING.erasureLookMs;
    }
  }

  private async runAll(session: LedgerSession): Promise<number> {
    let pauseMs = TIMING.erasureLookMs;
    for (const erasure of await dueErasures(session)) {
      try {
        if (!(await this.run(session, erasure))) pauseMs = TIMING.erasureWaitMs;
        this.lastProblem = undefined;
      } catch (error) {
        const problem = this.report(error);
        await changeErasure(session, erasure.id, { problem });
      }
    }
    return pauseMs;
  }

  /** Resolves with whether it is done; else it waits for something. */
  private async run(session: LedgerSession, due: ErasureRecord): Promise<boolean> {
    let erasure: ErasureRecord | undefined = due;
    while (erasure && erasure.state !== 'done' && !this.isStopped) erasure = await this.steps.advance(session, erasure);
    if (erasure?.state !== 'done') return false;
    this.logger.log(`${erasure.dryRun ? 'Counted what would go in' : 'Finished'} the erasure ${erasure.id}.`);
    return true;
  }

  private report(error: unknown): string {
    const { message } = explainUnlessOwn(error);
    if (message !== this.lastProblem) this.logger.warn(`An erasure cannot continue now. ${message} Tried again.`);
    this.lastProblem = message;
    return message;
  }
}
