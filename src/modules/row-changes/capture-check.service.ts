import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { rulesOfEntity } from '../../audit/plain.js';
import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { explainUnlessOwn } from '../monitoring/store/explain-ledger-error.js';
import { AUDITOR } from '../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../monitoring/store/ledger-session.js';
import { limitsWithin } from '../monitoring/store/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../monitoring/store/store-options.js';
import { CAPTURE_OPTIONS, type ResolvedCapture } from './capture-options.js';
import { checkCapture, describeProblems } from './check-capture.js';
import { describeUnended, readUnended } from './read-unended.js';
import { planTables, type CaptureWishes, type EntitySource } from './plan-tables.js';

/** What is used of a TypeORM data source of the application. */
interface RunningSource extends EntitySource, MigrationRunner {
  readonly isInitialized?: boolean;
}

const LIMITS = limitsWithin(30_000);

/** A database, also among servers that have one of the same name; and the schema of its ledger. */
const HOME = `
  SELECT extract(epoch FROM pg_postmaster_start_time())::text || ' ' || current_database() AS place,
         (SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.oid = to_regclass('audit_row_change')) AS schema`;

/** Warns at boot where the triggers of the database are not those that the entities and options ask for: as `capture check` finds. */
@Injectable()
export class CaptureCheck implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    @Inject(STORE_OPTIONS) private readonly store: Pick<StoreOptions, 'connectionUrl'>,
    @Inject(CAPTURE_OPTIONS) private readonly options: ResolvedCapture,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  /** Does not wait. */
  onApplicationBootstrap(): void {
    void this.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One check, or the one under way. Never rejects: what it finds is in the log. */
  async run(): Promise<void> {
    this.running ??= this.check().finally(() => (this.running = undefined));
    await this.running;
  }

  private async check(): Promise<void> {
    try {
      const found = await LedgerSession.use(
        this.store.connectionUrl,
        AUDITOR,
        { ...LIMITS, signal: this.stopping.signal },
        (session) => this.findProblems(session),
      );
      const problems = describeProblems(found);
      if (problems !== undefined) this.logger.warn(`Row changes are not captured as the rules say. ${problems}`);
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      const { message } = explainUnlessOwn(error);
      this.logger.warn(`Cannot compare the triggers of captured tables with their rules. ${message}`);
    }
  }

  /** Of data sources in the ledger's database, and of the option's tables: others have no triggers of this ledger. */
  private async findProblems(session: LedgerSession): Promise<readonly string[]> {
    const [home] = await session.rows(HOME);
    if (typeof home?.schema !== 'string') return [];
    const ledger = home.schema;
    const runner: MigrationRunner = { query: async (text, values) => session.rows(text, values) };
    const found: string[] = [];
    const add = async (own: MigrationRunner, wishes: CaptureWishes): Promise<void> => {
      const tables = await planTables(own, wishes);
      found.push(...(await checkCapture(own, tables, ledger)).tables.flatMap(({ problems }) => problems));
    };
    for (const source of this.sources()) {
      const [at] = (await source.query(HOME)) as readonly { place?: unknown }[]; // what the statement selects
      if (at?.place === home.place) await add(source, { source });
    }
    const { tables } = this.options;
    if (Object.keys(tables).length > 0) await add(runner, { tables });
    const unended = await readUnended(runner, ledger);
    return [...found, ...unended.filter(({ isThere }) => !isThere).map(describeUnended)];
  }

  private sources(): readonly RunningSource[] {
    const providers = [...this.modules.values()].flatMap((module) => [...module.providers.values()]);
    return [...new Set(providers.flatMap(({ instance }) => (isAuditedSource(instance) ? instance : [])))];
  }
}

/** A data source of PostgreSQL is known by its shape, since the application may have any version of TypeORM. */
function isAuditedSource(instance: unknown): instance is RunningSource {
  if (typeof instance !== 'object' || instance === null || !('entityMetadatas' in instance)) return false;
  const { entityMetadatas, isInitialized, options } = instance as {
    readonly entityMetadatas: unknown;
    readonly isInitialized?: unknown;
    readonly options?: { readonly type?: unknown };
  };
  return (
    isInitialized === true &&
    options?.type === 'postgres' &&
    Array.isArray(entityMetadatas) &&
    (entityMetadatas as RunningSource['entityMetadatas']).some(({ target }) => rulesOfEntity(target) !== undefined)
  );
}
