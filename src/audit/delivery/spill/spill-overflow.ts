import { clearInterval, setInterval } from '../../../base/timers.js';
import { AsyncResource } from 'node:async_hooks';
import { getErrorMessage } from '../../../base/errors/error-facts.js';
import type { AuditEvent } from '../../event/audit-event.js';
import type { DeliveryQueue, Overflow } from '../delivery-queue.js';
import { DELIVERY_TIMING } from '../delivery-timing.js';
import type { DeliveryResult } from '../receipt.js';
import {
  BackendOverflow,
  type OverflowStatus,
  type ReportChange,
  type ReportLoss,
  EmergencyLog,
  SpillLog,
} from './backend-overflow.js';
import { describeOrphan, findOrphans, type SpillFolder, type SpillStatus } from './spill-folder.js';
import type { SpillLines } from './spill-line.js';
import { auditErrors } from '../../errors/audit.errors.js';

export interface DeliveryReports {
  readonly recording: ReportChange;
  readonly loss: ReportLoss;
}

/**
 * Stores in the spill, a persistent queue on disk, the events that providers could not store, and replays them when the providers are back. Events that the spill
 * cannot store, or without a folder, are logged to stderr.
 */
export class SpillOverflow implements Overflow {
  private readonly log: SpillLog;
  private readonly backends = new Map<string, BackendOverflow>();
  private readonly emergencyLog: EmergencyLog;
  private timer: NodeJS.Timeout | undefined;
  private problem: string | undefined;
  private scanning: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly folder: SpillFolder | undefined,
    private readonly reports: DeliveryReports,
    lines: SpillLines,
  ) {
    this.emergencyLog = new EmergencyLog(lines);
    this.log = new SpillLog(folder?.path ?? '');
  }

  status(): SpillStatus | undefined {
    return this.folder?.status();
  }

  getStatus(backend: string): OverflowStatus {
    return this.of(backend).status();
  }

  /** Replays events of earlier processes. @throws `AUDIT_OPTIONS_INVALID` if the folder cannot be written, or its disk is full */
  async start(queues: readonly DeliveryQueue[]): Promise<void> {
    const { folder } = this;
    for (const queue of queues) {
      const { backend } = queue.provider;
      this.backends.set(
        backend,
        new BackendOverflow(queue, folder, this.log, this.emergencyLog, this.reports.recording),
      );
    }
    await folder?.prepare().catch((error: unknown) => {
      throw auditErrors.AUDIT_OPTIONS_INVALID([`spillDir ${folder.path} cannot be made: ${getErrorMessage(error)}`]);
    });
    const problem = await folder?.probe();
    if (folder && problem !== undefined)
      throw auditErrors.AUDIT_OPTIONS_INVALID([`spillDir ${folder.path} cannot be written: ${problem}`]);
    await this.scan();
    const orphans = folder ? findOrphans(folder.status(), (backend) => this.backends.has(backend)) : [];
    for (const backend of orphans) this.log.logger.warn(describeOrphan(backend));
    const scanAgain = (): void => {
      this.scanning = this.probe()
        .then(() => this.scan())
        .then(() => this.reportLosses());
    };
    // The timer runs outside of any request.
    const ownContext = new AsyncResource('AuditSpillScan');
    this.timer = ownContext.runInAsyncScope(setInterval, undefined, scanAgain, DELIVERY_TIMING.scanMs).unref();
  }

  async keep(
    backend: string,
    events: readonly AuditEvent[],
    error: string,
    areSuspect = false,
  ): Promise<DeliveryResult> {
    const overflow = this.of(backend);
    return overflow.save(events, error, async (folder) => {
      await folder.append(backend, events);
      overflow.replay?.wake(areSuspect ? events : []);
    });
  }

  /** Stores events synchronously, since the process ends. Notes the events that cannot be stored. */
  keepAtOnce(backend: string, events: readonly AuditEvent[]): void {
    if (events.length > 0) this.of(backend).saveAtOnce(events);
    this.emergencyLog.flush();
  }

  async addDeadLetter(backend: string, event: AuditEvent, error: string): Promise<DeliveryResult> {
    const overflow = this.of(backend);
    const result = await overflow.save([event], error, (folder) => folder.addDeadLetter(backend, [{ event, error }]));
    if (result.status === 'spilled') overflow.countDeadLetter(1);
    return result;
  }

  resumed(backend: string): void {
    const overflow = this.of(backend);
    overflow.replay?.runSoon();
    overflow.endDegraded();
    void this.reportLosses();
  }

  /** Ends the running replays, and closes the files. The next start replays what is left. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    for (const overflow of this.backends.values()) overflow.close();
    await this.scanning;
    for (const { replay } of this.backends.values()) await replay?.close();
    await this.folder?.close();
    this.emergencyLog.flush();
    for (const [backend, { replay }] of this.backends) {
      if (replay?.isPending) this.log.spilled('events', backend, 'the application ends', 'at the next start');
    }
  }

  private async scan(): Promise<void> {
    try {
      for (const backend of (await this.folder?.backlog()) ?? []) this.backends.get(backend)?.replay?.wake();
    } catch (error) {
      if (!this.closed) this.log.unreplayed(error);
    }
    for (const overflow of this.backends.values()) overflow.endDegraded();
  }

  private async probe(): Promise<void> {
    const problem = await this.folder?.probe();
    if (problem !== this.problem && !this.closed) this.log.written(problem);
    this.problem = problem;
  }

  /** Records an event for lost events that no event reports yet, unless their provider still loses events. */
  private async reportLosses(): Promise<void> {
    for (const overflow of this.closed ? [] : this.backends.values()) await overflow.reportLoss(this.reports.loss);
  }

  private of(backend: string): BackendOverflow {
    const overflow = this.backends.get(backend);
    if (!overflow) throw new Error(`No audit provider has the backend "${backend}".`);
    return overflow;
  }
}
