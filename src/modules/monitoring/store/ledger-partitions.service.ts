import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { explainLedgerError } from './sessions/classify-ledger-error.js';
import { monthsOf } from './id-time.js';
import { LedgerPool } from './sessions/ledger-pools.service.js';
import { partitionsPart } from './partitions-part.js';
import type { HealthPart } from './health-part.js';

/** Months made ahead of the current one. */
const MONTHS_AHEAD = 3;

/** Keeps a partition ready for every month that events may come from. */
@Injectable()
export class LedgerPartitions implements HealthPart, OnModuleInit {
  readonly part = 'partitions';
  readonly health = partitionsPart;
  private readonly logger = new Logger('AuditLedger');

  constructor(@Inject(LedgerPool) private readonly pool: LedgerPool) {}

  /** A ledger that cannot be reached does not stop the boot: events go to the spill until it can. */
  async onModuleInit(): Promise<void> {
    await this.makeAhead();
  }

  /** Makes the partitions of this month and the next three. Logs a failure, and does not reject. */
  async makeAhead(): Promise<void> {
    const now = new Date();
    const made: string[] = [];
    for (let months = 0; months <= MONTHS_AHEAD; months++) {
      const moment = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1));
      try {
        made.push(...(await this.make(moment)));
      } catch (error) {
        this.logger.error(
          `Cannot make the ledger's partition of ${moment.toISOString().slice(0, 7)}. ${explainLedgerError(error).message} Tried again daily, and when an event needs it.`,
        );
        break;
      }
    }
    this.tell(made);
  }

  /** Makes the partitions that the events with these ids need. Rejects with the client's error. */
  async makeFor(ids: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const month of monthsOf(ids)) this.tell(await this.make(month, signal));
  }

  /** Makes a partition. Resolves with its name if it was missing. */
  private async make(month: Date, signal?: AbortSignal): Promise<readonly string[]> {
    const statement = { text: 'SELECT audit_event_make_partition($1) AS name', values: [month.toISOString()] };
    const { rows } = await this.pool.query(statement, signal);
    const name = rows[0]?.name;
    return typeof name === 'string' ? [name] : [];
  }

  private tell(made: readonly string[]): void {
    if (made.length > 0) this.logger.log(`Made the ledger's partitions ${made.join(', ')}.`);
  }
}
