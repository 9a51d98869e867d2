import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { useSession } from '../../store/sessions/use-session.js';
import { withTimeout } from '../../../audit/nest-free.js';
import { runChecks } from '../../store/check.js';
import { MIGRATOR } from '../../store/ledger-roles.js';
import { readLoginRights } from '../../store/sessions/login-rights.js';
import { createPoolLimits } from '../../store/sessions/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../../store/store-options.js';
import { TIMING } from '../../store/timing.js';
import { readTables } from './ledger-checks.js';
import { readServer } from './server-checks.js';
import { SETUP_CHECKS, type SetupFacts } from './setup-checks.js';

/** The injection token of what the application itself knows of its set-up. */
export const OWN_SETUP = Symbol('OWN_SETUP');
export type OwnSetup = Pick<SetupFacts, 'options' | 'spill'> & Partial<Pick<SetupFacts, 'seals'>>;

/** Checks the set-up at boot: logs each error with what to do, and names the warnings, which `doctor` explains. */
@Injectable()
export class StartChecks implements OnModuleInit {
  private readonly logger = new Logger('AuditLedger');

  constructor(
    @Inject(STORE_OPTIONS) private readonly store: Pick<StoreOptions, 'connectionUrl' | 'sequencerUrl'>,
    @Inject(OWN_SETUP) private readonly own: OwnSetup,
  ) {}

  /** Never rejects, and waits only briefly: the writers report an unreachable ledger. */
  async onModuleInit(): Promise<void> {
    await withTimeout(TIMING.bootMs, this.check(), () => undefined);
  }

  private async check(): Promise<void> {
    const process = { version: globalThis.process.versions.node, mode: globalThis.process.env.NODE_ENV };
    const database = await this.readDatabase().catch(() => ({}));
    const parts = await runChecks(Object.values(SETUP_CHECKS).flat(), { process, ...this.own, ...database });
    const wrong = parts.filter(({ remedy }) => remedy !== undefined);
    for (const { status, message, remedy } of wrong) if (status === 'error') this.logger.error(`${message} ${remedy}`);
    const warnings = wrong.filter(({ status }) => status !== 'error').map(({ name }) => name);
    if (warnings.length > 0)
      this.logger.warn(
        `The set-up has warnings: ${warnings.join(', ')}. "nestjs-audit-ledger doctor" with the built file of the root module explains them.`,
      );
  }

  private async readDatabase(): Promise<Partial<SetupFacts>> {
    const { connectionUrl, sequencerUrl } = this.store;
    const limits = createPoolLimits(TIMING.bootMs);
    const { server, ...facts } = await useSession(connectionUrl, MIGRATOR, limits, async (session) => ({
      server: await readServer(session),
      ...(await readTables(session)),
    }));
    if (!facts.tables?.isMade) return { server }; // the writers report missing tables
    const isSeparate = sequencerUrl !== connectionUrl;
    const rights = isSeparate
      ? await useSession(sequencerUrl, MIGRATOR, limits, readLoginRights).catch(() => undefined)
      : facts.login;
    return { server, ...facts, ...(rights && { sealer: { rights, isSeparate } }) };
  }
}
