import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ACT_EVENTS } from '../../../monitoring/keep/acts/act-note.js';
import { CheckpointSigner } from '../../../monitoring/proof/signing/checkpoint-signer.service.js';
import { appendOwnEvent } from '../../../monitoring/inbox/append-own-event.js';
import { explainLedgerError, toAuditError } from '../../../monitoring/store/sessions/classify-ledger-error.js';
import { parseIdTime } from '../../../monitoring/store/id-time.js';
import { ATTESTER, AUDITOR } from '../../../monitoring/store/ledger-roles.js';
import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { useSession } from '../../../monitoring/store/sessions/use-session.js';
import { WORKER_ADVICE, assess, off, type Verdict } from '../../../monitoring/store/check.js';
import { isWeb, STORE_OPTIONS, type StoreOptions } from '../../../monitoring/store/store-options.js';
import { CAPTURE_OPTIONS, type ResolvedCapture } from '../capture-options.js';
import { describeRenamed, selectRenamedColumns, type RenamedColumns } from '../column-layout.js';
import {
  describeRepair,
  checkCapture,
  describeProblems,
  findSharedResources,
  describeUnended,
  readOpenBaselines,
} from '../check-capture.js';
import { reconcileLedger, describeMismatch, type Reconciliation } from '../reconcile/reconcile-ledger.js';
import { attestCapture, describeAlteration, isRewrite, isSuspicious, type Alteration } from './capture-state.js';
import { sealContextKeys, type ContextKeyChange } from '../context-keys.js';
import { rowChangesErrors } from '../row-changes.errors.js';
import { type AuditError, readFieldSafely, getEntityRules } from '../../../audit/nest-free.js';
import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import type { CapturedTable } from '../captured-table.js';
import { planTables, type CaptureRequest, type EntitySource } from '../plan-tables.js';

/** The results of watching the capture in this process, since its start. */
export interface CaptureWatchStatus {
  /** The time at which the last attestation ended. */
  readonly attestedAt?: Date;
  /** The number of differences that may mean changes without an event. */
  readonly alterations: number;
  /** The last reconciliation of live rows with their events. */
  readonly reconciled?: Pick<Reconciliation, 'checkedAt' | 'verdict' | 'totalFindings'>;
  /** The number of runs that failed because the ledger could not be read. */
  readonly failedRuns: number;
}

const RECONCILED_TYPE = 'audit_capture_reconciled';

const LAST_RECONCILED = `SELECT id FROM audit_event WHERE type = '${RECONCILED_TYPE}' ORDER BY id DESC LIMIT 1`;
/** A run may begin this much before its time, because the last run may have begun late. */
const SLACK_MS = 300_000;
const HOUR_MS = 3_600_000;
const ALTERED_ADVICE =
  'Unless a migration changed the capture, run "nestjs-audit-ledger capture check" and "nestjs-audit-ledger capture reconcile".';
/** Limits that allow a slow server, but do not let a hanging server hold the lock. */
const LIMITS = { statementTimeoutMs: 30_000, queryTimeoutMs: 32_000 };

/**
 * Watches the capture of row changes, at boot and hourly. The watch compares triggers with the rules, and the capture with the last
 * attestation. With the option `reconcileEveryHours`, the instance with the lock compares rows with their last events. Every instance
 * attests without the lock, because any login could hold it.
 */
@Injectable()
export class CaptureWatch implements OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly startedAt = Date.now();
  private readonly stopping = new AbortController();
  private readonly limits = { ...LIMITS, signal: this.stopping.signal };
  private running: Promise<void> | undefined;
  status: CaptureWatchStatus = { alterations: 0, failedRuns: 0 };
  private error: unknown;
  private warned: readonly string[] = [];
  private renamed: readonly RenamedColumns[] = [];

  constructor(
    @Inject(STORE_OPTIONS) private readonly store: Pick<StoreOptions, 'connectionUrl' | 'sequencerUrl'>,
    @Inject(CAPTURE_OPTIONS) private readonly options: ResolvedCapture,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  health(): Verdict {
    if (isWeb(this.store)) return off(WORKER_ADVICE);
    const { attestedAt, alterations, reconciled } = this.status;
    const findings = reconciled?.totalFindings ?? null;
    const facts = {
      attestedAt: attestedAt?.toISOString() ?? null,
      alterations,
      reconciledAt: reconciled?.checkedAt ?? null,
      findings,
      renamedColumns: this.renamed.reduce((sum, { columns }) => sum + columns.length, 0),
    };
    const renamed = {
      message: `Columns of captured tables were renamed, and events show only their digests: ${this.renamed.map(describeRenamed).join('; ')}. ${describeRepair()}`,
    };
    const altered = {
      message: `Since this process started, ${alterations} parts of the capture were altered. Rows that do not match their events: ${findings ?? 'not compared'}. ${ALTERED_ADVICE} A restart of this process ends this notice.`,
    };
    const isAltered = alterations > 0 || (findings ?? 0) > 0;
    const since = attestedAt ? `at ${attestedAt.toISOString()}` : 'not yet';
    const summary = `Row changes are captured; the last attestation of this process: ${since}.`;
    return assess(
      [this.problem, isAltered ? altered : undefined, this.renamed.length > 0 ? renamed : undefined],
      summary,
      facts,
    );
  }

  /** The problem if the last attestation of this process is overdue. */
  get problem(): AuditError | undefined {
    const since = this.status.attestedAt?.getTime() ?? this.startedAt;
    return Date.now() - since > HOUR_MS + SLACK_MS
      ? rowChangesErrors.AUDIT_CAPTURE_UNATTESTED(new Date(since), this.error)
      : undefined;
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Runs a check, or waits for the current check. Never rejects. Findings are in {@link status}, in the log, and in an event. */
  async run(): Promise<void> {
    this.running ??= this.compare()
      .then(() => this.attest())
      .finally(() => (this.running = undefined));
    await this.running;
  }

  private async compare(): Promise<void> {
    let warnings: readonly string[];
    try {
      warnings = await useSession(this.store.connectionUrl, AUDITOR, this.limits, (session) =>
        compareRules(session, this.modules, this.options),
      );
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      const { message } = toAuditError(error);
      warnings = [`Cannot compare the triggers of captured tables with their rules. ${message}`];
    }
    for (const warning of warnings) if (!this.warned.includes(warning)) this.logger.warn(warning);
    this.warned = warnings;
  }

  private async attest(): Promise<void> {
    try {
      await useSession(this.store.sequencerUrl, ATTESTER, this.limits, async (session) => {
        this.logKeys(await sealContextKeys(session, this.signer));
        const isDue = await useSession(this.store.connectionUrl, AUDITOR, this.limits, async (auditor) => {
          this.logAlterations(await attestCapture(session, auditor));
          this.renamed = (await auditor.rows(selectRenamedColumns())) as unknown as readonly RenamedColumns[]; // the selected columns
          return this.isDue(auditor);
        });
        if (isDue && (await session.tryToLock())) await this.reconcile(session);
      });
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.error = error;
      this.status = { ...this.status, failedRuns: this.status.failedRuns + 1 };
      this.logger.warn(
        `Cannot watch the capture of row changes. ${explainLedgerError(error).message} The next attempt is in an hour.`,
      );
    }
  }

  private logKeys(changes: readonly ContextKeyChange[]): void {
    if (changes.length === 0) return;
    const list = changes.map(({ what, id }) => `${id} ${what}`).join(', ');
    this.logger.warn(
      `The keys that sign the context of row changes were changed: ${list}. The event ${ACT_EVENTS.context_keys.type} lists the keys.`,
    );
  }

  private logAlterations(alterations: readonly Alteration[]): void {
    const suspicious = alterations.filter(isSuspicious);
    const { status } = this;
    this.status = { ...status, attestedAt: new Date(), alterations: status.alterations + suspicious.length };
    this.error = undefined;
    const rewrites = alterations.filter(isRewrite);
    if (rewrites.length > 0) this.logger.warn(`${rewrites.map(describeAlteration).join('; ')}.`);
    if (suspicious.length === 0) return;
    this.logger.error(
      `The capture of row changes was altered: ${suspicious.map(describeAlteration).join('; ')}. ` + ALTERED_ADVICE,
    );
  }

  private async isDue(auditor: LedgerSession): Promise<boolean> {
    const hours = this.options.reconcileEveryHours;
    if (hours === undefined) return false;
    const [last] = await auditor.rows(LAST_RECONCILED);
    const dueAt = last ? parseIdTime(String(last.id)).getTime() + hours * HOUR_MS : this.startedAt;
    return Date.now() - dueAt >= -SLACK_MS;
  }

  private async reconcile(session: LedgerSession): Promise<void> {
    const { signal } = this.stopping;
    const found = await reconcileLedger({ database: this.store.connectionUrl, signal });
    const { verdict, checkedAt, totalFindings, tables, findings, notes } = found;
    await appendOwnEvent(session, RECONCILED_TYPE, {
      category: 'system',
      severity: verdict === 'complete' ? 'info' : 'error',
      outcome: verdict === 'complete' ? 'success' : 'failure',
      actor: { type: 'system' },
      details: {
        verdict,
        checkedAt,
        totalFindings,
        tables: tables.map(({ table, rows, counts }) => ({ table, rows, counts: { ...counts } })),
        notes: [...notes],
      },
    });
    this.status = { ...this.status, reconciled: { verdict, checkedAt, totalFindings } };
    const [first] = findings;
    if (!first) return;
    this.logger.error(
      `Rows do not match their events: ${totalFindings} ${totalFindings === 1 ? 'finding' : 'findings'}, the first: ${describeMismatch(first)}. ` +
        'Run "nestjs-audit-ledger capture reconcile" to see all findings.',
    );
  }
}

interface RunningSource extends EntitySource, MigrationRunner {
  readonly isInitialized?: boolean;
}

/** Servers may have databases of the same name, so the place contains the server's start time. */
const HOME = `
  SELECT extract(epoch FROM pg_postmaster_start_time())::text || ' ' || current_database() AS place,
         (SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.oid = to_regclass('audit_row_change')) AS schema`;

/**
 * Compares the triggers of the ledger's database with the rules of entities and of the option `tables`. Data sources of other databases are
 * skipped. Resolves with warnings: all problems in one line, and the tables that share a resource. Rejects with the error of the PostgreSQL
 * client.
 *
 * @throws `AUDIT_CAPTURE_IMPOSSIBLE` if a rule does not fit the database
 */
async function compareRules(
  session: LedgerSession,
  modules: ModulesContainer,
  { tables }: ResolvedCapture,
): Promise<readonly string[]> {
  const [home] = await session.rows(HOME);
  if (typeof home?.schema !== 'string') return [];
  const ledger = home.schema;
  const runner: MigrationRunner = { query: async (text, values) => session.rows(text, values) };
  const found: string[] = [];
  const captured: CapturedTable[] = [];
  const add = async (own: MigrationRunner, request: CaptureRequest): Promise<void> => {
    const planned = await planTables(own, request);
    captured.push(...planned);
    found.push(...(await checkCapture(own, planned, ledger)).tables.flatMap(({ problems }) => problems));
  };
  for (const source of listSources(modules)) {
    const [at] = (await source.query(HOME)) as readonly { place?: unknown }[]; // the selected columns
    if (at?.place === home.place) await add(source, { source });
  }
  if (Object.keys(tables).length > 0) await add(runner, { tables });
  const removed = (await readOpenBaselines(runner, ledger))?.filter(({ isThere }) => !isThere) ?? [];
  const problems = describeProblems([...found, ...removed.map(describeUnended)]);
  return [
    ...(problems === undefined ? [] : [`The capture of row changes does not match the rules. ${problems}`]),
    ...findSharedResources(captured),
  ];
}

function listSources(modules: ModulesContainer): readonly RunningSource[] {
  const providers = [...modules.values()].flatMap((module) => [...module.providers.values()]);
  return [...new Set(providers.flatMap(({ instance }) => (isAuditedSource(instance) ? instance : [])))];
}

/** The application may have any version of TypeORM, so only the shape identifies a data source. */
function isAuditedSource(instance: unknown): instance is RunningSource {
  const entityMetadatas = readFieldSafely(instance, 'entityMetadatas');
  return (
    readFieldSafely(instance, 'isInitialized') === true &&
    readFieldSafely(readFieldSafely(instance, 'options'), 'type') === 'postgres' &&
    Array.isArray(entityMetadatas) &&
    (entityMetadatas as RunningSource['entityMetadatas']).some(({ target }) => getEntityRules(target) !== undefined)
  );
}
