import type { AuditCoverage, AuditedRoute } from '../../audit/index.js';
import type { Catalogue } from '../../audit/plain.js';
import type { ResolvedMonitoringOptions } from '../../modules/monitoring/monitoring-options.js';
import type { AuditRoom } from '../../../migrations/audit-migrations.js';
import type { ResolvedCapture } from '../../modules/row-changes/capture-options.js';
import type { ResolvedWatch } from '../../modules/watch/watch-options.js';
import { keyOfEnvironment, given, type CommandEnvironment } from '../key-of-environment.js';
import { fail, warn, type Check } from './check.js';

/** What of the options of `AuditModule` the doctor looks at. */
export interface SpillOptions {
  readonly spillDir: string | undefined;
  readonly spillKey: readonly string[];
  readonly maxSpillBytes: number;
  /** Absent where only the environment is known. */
  readonly onFailure?: 'open' | 'closed';
}

/** What of the options of `MonitoringModule` and of its rooms. */
export type LedgerOptions = Partial<
  Pick<
    ResolvedMonitoringOptions,
    | 'connectionUrl'
    | 'sequencerUrl'
    | 'retention'
    | 'checkpointFile'
    | 'checkpointWebhook'
    | 'witnesses'
    | 'recordReads'
  >
> &
  Pick<ResolvedMonitoringOptions, 'signingKeyFile' | 'origin'> & {
    /** The rooms with tables that the application imports; absent where only the environment is known. */
    readonly rooms?: readonly AuditRoom[];
    /** Absent where `RowChangesModule` is not imported. */
    readonly capture?: ResolvedCapture | undefined;
    /** Absent where `WatchModule` is not imported. */
    readonly watch?: ResolvedWatch | undefined;
  };

/** What is examined: by an application's modules, or by the environment alone. */
export interface Subject {
  readonly spill: SpillOptions | undefined;
  readonly ledger: LedgerOptions | undefined;
  readonly coverage: AuditCoverage | undefined;
  /** Absent where no application was read. */
  readonly routes?: readonly AuditedRoute[];
  /** With the names that the application defines; absent as above. */
  readonly catalogue?: Catalogue | undefined;
  /** Of the classes that are audit providers; absent as above. */
  readonly backends?: readonly string[];
  /** What the look at the modules found. */
  readonly checks: readonly Check[];
}

const SPILL_BYTES = 1024 ** 3;

/** By the variables that the commands read. */
export function subjectOfEnvironment(environment: CommandEnvironment): Subject {
  const { file: signingKeyFile, origin } = keyOfEnvironment(environment);
  const { AUDIT_RETENTION_DAYS: days, AUDIT_RETENTION_FILE: file, AUDIT_WITNESSES: witnesses } = environment;
  const kept = given(file) ?? (Number(days ?? 0) > 0 ? days : undefined);
  const spillDir = given(environment.AUDIT_SPILL_DIR);
  const isOff = /^(false|0|off)$/i.test(environment.MONITORING_ENABLED ?? '');
  return {
    spill:
      spillDir === undefined
        ? undefined
        : { spillDir, spillKey: listOf(environment.AUDIT_SPILL_KEY), maxSpillBytes: SPILL_BYTES },
    ledger: {
      signingKeyFile,
      origin,
      checkpointFile: given(environment.AUDIT_CHECKPOINT_FILE),
      checkpointWebhook: given(environment.AUDIT_CHECKPOINT_WEBHOOK),
      witnesses: listOf(witnesses).map((pair) => ({ verifierKey: pair, url: pair })),
      ...(kept === undefined ? {} : { retention: { days: Number(days ?? 1) } }),
    },
    coverage: undefined,
    checks: [
      warn(
        'application',
        'No application is given: the options are those of the environment.',
        'Name the file of the root module, such as dist/app.module.js#AppModule, so that its own options are checked.',
      ),
      ...(isOff ? [ledgerOff()] : []),
    ],
  };
}

function listOf(texts: string | undefined): readonly string[] {
  return (texts ?? '').split(',').flatMap((text) => text.trim() || []);
}

/** In production a mistake, elsewhere a choice. */
export function ledgerOff(): Check {
  const says =
    'The ledger is off: MonitoringModule is not imported, or MONITORING_ENABLED is false. No event is stored in it.';
  const whatToDo = 'Import MonitoringModule.forRootAsync({ … }), and set MONITORING_ENABLED=true.';
  return process.env.NODE_ENV === 'production' ? fail('modules', says, whatToDo) : warn('modules', says, whatToDo);
}
