import { Logger } from '@nestjs/common';
import { errorMessage } from '../../../base/errors/error-facts.js';

/** Logs the events that a provider could not store, and the failures of the spill. */
export class SpillLog {
  readonly logger = new Logger('AuditSpill');

  /** @param path the spill's folder; empty without a folder */
  constructor(private readonly path: string) {}

  spilled(events: string, backend: string, error: string, replayedBy: string): void {
    this.logger.warn(
      `Cannot store ${events} at the audit provider "${backend}": ${error}. Kept in the spill ${this.path}, to be ` +
        `replayed ${replayedBy}.`,
    );
  }

  lost(events: string, backend: string, error: string, spillError: unknown): void {
    this.logger.error(
      `Cannot store ${events} at the audit provider "${backend}": ${error}. The spill failed, too: ` +
        `${errorMessage(spillError)}. These events are lost, and only noted on stderr. Repair the provider, and set a spill folder on ` +
        'a disk with free space.',
    );
  }

  /** @param problem why the folder cannot be written; `undefined` when it can be written again */
  written(problem: string | undefined): void {
    if (problem === undefined) this.logger.log(`The spill ${this.path} can be written again.`);
    else {
      this.logger.error(
        `Cannot write the spill ${this.path}: ${problem}. Events that a provider cannot store are lost. Repair the folder.`,
      );
    }
  }

  buried(events: number, backend: string): void {
    this.logger.error(
      `Cannot store ${events} event(s) at the audit provider "${backend}": it refuses them, but stores other events. They are ` +
        `dead letters in ${this.path}: list them with "nestjs-audit-ledger spill list".`,
    );
  }

  unread(lines: number): void {
    this.logger.error(
      `Cannot read ${lines} line(s) of the spill ${this.path}. They are stored in files ending in .corrupt.`,
    );
  }

  unreplayed(error: unknown): void {
    this.logger.error(
      `Cannot replay the spill ${this.path}: ${errorMessage(error)}. Check the folder. The replay is retried automatically.`,
    );
  }
}
