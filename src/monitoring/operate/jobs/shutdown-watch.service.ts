import { Inject, Injectable, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { withTimeout } from '../../../audit/nest-free.js';
import { Periodic } from './periodic.js';
import { STORE_OPTIONS, type StoreOptions } from '../../store/store-options.js';
import { TIMING } from '../../store/timing.js';
import { logWarning } from '../../store/log-warning.js';
import { useSession } from '../../store/sessions/use-session.js';
import { muteReports } from '../../store/sessions/ledger-client.js';

/** Waits for the locks of whoever locks a table of the ledger, as all parts of the application do. */
const READS = 'SELECT FROM audit_head, audit_inbox, audit_act, audit_checkpoint LIMIT 0';

/**
 * Checks during the shutdown that the ledger's servers answer, and the ledger can be read. Otherwise, all connections to the server end, so
 * that the parts of the application do not wait one after the other. Their events go to the spill, and the next start seals what waits.
 */
@Injectable()
export class ShutdownWatch implements OnModuleDestroy, OnApplicationShutdown {
  private readonly checks: readonly Periodic[];

  constructor(@Inject(STORE_OPTIONS) { connectionUrl, sequencerUrl, readUrl = connectionUrl }: StoreOptions) {
    this.checks = [...new Set([connectionUrl, sequencerUrl, readUrl])].map(
      (url) => new Periodic({ step: () => check(url), everyMs: TIMING.silentMs, onFailure: () => undefined }),
    );
  }

  /** Nest calls this hook of all modules before the other hooks of the shutdown. */
  onModuleDestroy(): void {
    for (const each of this.checks) each.start();
  }

  /** Checks once more, beside the last work of the ledger. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.checks.map((each) => each.run().then(() => each.stop())));
  }
}

/** An error is an answer, too: whoever uses the server gets the same error at once. */
async function check(url: string): Promise<void> {
  const response = useSession(url, { settings: {} }, {}, (session) => session.rows(READS)).catch(() => undefined);
  await withTimeout(TIMING.silentMs, response, () => {
    muteReports(url);
    logWarning(`The ledger did not answer within ${TIMING.silentMs} ms, so the shutdown does not wait for it.`);
  });
}
