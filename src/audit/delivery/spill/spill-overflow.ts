import { clearInterval, setInterval } from '../../../base/timers.js';
import { AsyncResource } from 'node:async_hooks';
import { errorMessage } from '../../../base/errors/error-facts.js';
import type { AuditEvent } from '../../event/audit-event.js';
import type { DeliveryQueue, Overflow } from '../delivery-queue.js';
import { DELIVERY_TIMING } from '../delivery-timing.js';
import type { CountedFailures } from '../flood-counter.js';
import type { DeliveryResult } from '../receipt.js';
import { BackendOverflow, type OverflowStatus, type ReportChange } from './backend-overflow.js';
import type { LossReport } from './spill-account.js';
import { describeOrphan, orphansOf, type SpillFolder, type SpillStatus } from './spill-folder.js';
import { SpillLog } from './spill-log.js';
import { auditErrors } from '../../errors/audit.errors.js';

const NO_ROOM = /^(ENOSPC|EDQUOT)/;

export interface DeliveryReports {
  readonly recording: ReportChange;
  /** Resolves with `true` if the event about the losses was stored or spilled. */
  losses(report: LossReport): Promise<boolean>;
  /** Called for a count that an ended process did not report. */
  counted(counted: CountedFailures): void;
}

/**
 * Stores in the spill the events that providers could not store, and replays them when the providers are back. Without a folder, logs and
 * reports the loss of the events.
 */
export class SpillOverflow implements Overflow {
  private readonly log: SpillLog;
  private readonly backends = new Map<string, BackendOverflow>();
  private timer: NodeJS.Timeout | undefined;
  private scanning: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly folder: SpillFolder | undefined,
    private readonly reports: DeliveryReports,
  ) {
    this.log = new SpillLog(folder?.path ?? '');
  }

  status(): SpillStatus | undefined {
    return this.folder?.status();
  }

  statusOf(backend: string): OverflowStatus {
    return this.of(backend).status();
  }

  /** Replays events of earlier processes. @throws `AUDIT_OPTIONS_INVALID` if the folder cannot be written, except if its disk is full */
  async start(queues: readonly DeliveryQueue[]): Promise<void> {
    const { folder } = this;
    for (const queue of queues) {
      const { backend } = queue.provider;
      this.backends.set(backend, new BackendOverflow(queue, folder, this.log, this.reports.recording));
    }
    await folder?.prepare().catch((error: unknown) => {
      throw auditErrors.AUDIT_OPTIONS_INVALID([`spillDir ${folder.path} cannot be made: ${errorMessage(error)}`]);
    });
    const cause = folder?.accounts.problem;
    if (folder && cause !== undefined) {
      const problem = `spillDir ${folder.path} cannot be written: ${cause}`;
      if (!NO_ROOM.test(cause)) throw auditErrors.AUDIT_OPTIONS_INVALID([problem]);
      this.log.logger.warn(`${problem}. Events that a provider cannot store are lost. Free disk space.`);
    }
    await this.scan();
    const orphans = folder ? orphansOf(folder.status(), (backend) => this.backends.has(backend)) : [];
    for (const backend of orphans) this.log.logger.warn(describeOrphan(backend));
    const scanAgain = (): void => {
      this.scanning = this.scan().then(() => this.reportLosses());
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

  /** Stores events and counts synchronously, since the process ends. Logs what cannot be stored. */
  keepAtOnce(backend: string, events: readonly AuditEvent[]): void {
    if (events.length > 0) this.of(backend).saveAtOnce(events);
    try {
      this.folder?.accounts.keepAtOnce();
    } catch (error) {
      this.log.uncounted(error);
    }
  }

  async bury(backend: string, event: AuditEvent, error: string): Promise<DeliveryResult> {
    const overflow = this.of(backend);
    const result = await overflow.save([event], error, (folder) => folder.bury(backend, [{ event, error }]));
    if (result.status === 'spilled') overflow.noteBuried(1);
    return result;
  }

  resumed(backend: string): void {
    const overflow = this.of(backend);
    overflow.replay?.hurry();
    overflow.endDegraded();
  }

  /**
   * Records an event for losses that no event reports yet, unless their providers still lose events. Call this method once after the boot;
   * each scan calls it again. Never rejects.
   */
  async reportLosses(): Promise<void> {
    if (this.closed) return;
    const { folder } = this;
    const isBack = (backend: string): boolean => this.backends.get(backend)?.isBack ?? true;
    try {
      await folder?.accounts.report(isBack, (report) => this.reports.losses(report));
      for (const counted of (await folder?.counts.takeOver()) ?? []) this.reports.counted(counted);
    } catch (error) {
      this.log.uncounted(error);
    }
  }

  /**
   * Stores a count of failures on disk, so that the count survives the process. Resolves when the count is on disk. Never rejects: if the
   * count cannot be written, it is only in memory until its event is recorded.
   */
  async keepCount(counted: CountedFailures): Promise<void> {
    await this.folder?.counts.keep(counted).catch((error: unknown) => this.log.uncounted(error));
  }

  /** Forgets a count whose event is stored. Never rejects. */
  async forgetCount(id: string): Promise<void> {
    await this.folder?.counts.forget(id).catch((error: unknown) => this.log.uncounted(error));
  }

  /** Ends the running replays, closes the files, and logs the number of events that the next start will replay. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    for (const overflow of this.backends.values()) overflow.close();
    await this.scanning;
    for (const { replay } of this.backends.values()) await replay?.close();
    await this.folder?.check().catch(() => undefined); // the folder may have been emptied since the last scan
    await this.folder?.close();
    for (const [backend, { left, replay, missing }] of this.backends) {
      if (missing > 0) this.log.missing(missing, backend, false);
      if (!replay?.isPending || (missing > 0 && left === missing)) continue;
      const waiting = left > missing ? left - missing : 'all';
      this.log.spilled(`${waiting} event(s)`, backend, 'the application ends', 'at the next start');
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

  private of(backend: string): BackendOverflow {
    const overflow = this.backends.get(backend);
    if (!overflow) throw new Error(`No audit provider has the backend "${backend}".`);
    return overflow;
  }
}
