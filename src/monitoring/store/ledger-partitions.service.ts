import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { hasCode, withTimeout } from '../../audit/nest-free.js';
import { explainLedgerError } from './sessions/classify-ledger-error.js';
import { BackgroundPool } from './sessions/ledger-pools.service.js';
import { TIMING } from './timing.js';

const MONTHS_AHEAD = 3;
const CREATE_PARTITIONS = 'SELECT audit_event_make_partition($1::timestamptz) AS name';

/** Creates partitions ahead, for the months of new events. */
@Injectable()
export class LedgerPartitions implements OnModuleInit {
  private readonly logger = new Logger('AuditLedger');

  constructor(@Inject(BackgroundPool) private readonly pool: Pick<BackgroundPool, 'rows'>) {}

  /** An unreachable ledger does not stop the boot: until the ledger responds, events are stored in the spill. */
  async onModuleInit(): Promise<void> {
    await withTimeout(TIMING.bootMs, this.makeAhead(), () => undefined);
  }

  /** Creates the partitions of this month and the next three. Logs a failure, and never rejects. */
  async makeAhead(): Promise<void> {
    const now = new Date();
    const made: string[] = [];
    for (let months = 0; months <= MONTHS_AHEAD; months++) {
      const moment = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1));
      try {
        made.push(...(await this.make(moment)));
      } catch (error) {
        if (hasCode(error, 'AUDIT_ROLE_CANNOT_SIGN')) return;
        this.logger.error(
          `Cannot create the ledger's partition of ${moment.toISOString().slice(0, 7)}. ${explainLedgerError(error).message} The ledger retries daily, and when an event needs the partition.`,
        );
        break;
      }
    }
    if (made.length > 0) this.logger.log(`Created the ledger's partitions ${made.join(', ')}.`);
  }

  private async make(month: Date): Promise<readonly string[]> {
    const [row] = await this.pool.rows(CREATE_PARTITIONS, [month.toISOString()]);
    return typeof row?.name === 'string' ? [row.name] : [];
  }
}
