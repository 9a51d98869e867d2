import type { AuditCoverage } from '../../audit/index.js';
import type { RouteDecision } from '../../audit/internal.js';
import { readRetentionFile } from '../../monitoring/keep/lifecycle/retention/retention-file.js';
import type { ResolvedMonitoringOptions } from '../../monitoring/monitoring-options.js';
import type { SetupFacts } from '../../monitoring/operate/checks/setup-checks.js';
import { fail, warn, type StatePart, type Verdict } from '../../monitoring/store/check.js';
import type { ResolvedCapture } from '../../extensions/row-changes/capture-options.js';
import type { StreamsSlice } from '../../extensions/streams/streams-options.js';
import {
  readKeySettings,
  getCheckpointMemoryPath,
  emptyToUndefined,
  splitList,
  type CommandEnvironment,
} from '../connection/key-settings.js';
import { readWriterKeys } from '../connection/writer-keys.js';

/** The options of `AuditModule` that the doctor checks. */
export type SpillOptions = SetupFacts['spill'] & {
  /** The option `disabledProviders`; absent if no application was read. */
  readonly disabledProviders?: readonly string[];
};

/** The options of `MonitoringModule` and of its extensions that the doctor checks. */
export type LedgerOptions = Partial<ResolvedMonitoringOptions> &
  SetupFacts['options'] & {
    /** The options of `RowChangesModule`; absent if the application does not import it. */
    readonly capture?: ResolvedCapture | undefined;
    /** The options of `StreamsModule`; absent if the application does not import it. */
    readonly streams?: StreamsSlice | undefined;
  };

/** The settings to check, from an application or from the environment. */
export interface DoctorTarget {
  readonly spill: SpillOptions | undefined;
  readonly ledger: LedgerOptions | undefined;
  readonly coverage: AuditCoverage | undefined;
  /** Finds the route of a request, and whether it is audited; absent if no application was read. */
  readonly findDecision?: (method: string, path: string) => RouteDecision | undefined;
  /** The names of the application's audit providers, called backends; absent if no application was read. */
  readonly backends?: readonly string[];
  /** What the scan of the application found. */
  readonly checks: readonly StatePart[];
}

const SPILL_BYTES = 1024 ** 3;

export async function inspectEnvironment(environment: CommandEnvironment): Promise<DoctorTarget> {
  const { file: signingKeyFile, key: signingKey, origin } = readKeySettings(environment);
  const { AUDIT_RETENTION_DAYS: days, AUDIT_RETENTION_FILE: file, AUDIT_WITNESSES: witnesses } = environment;
  const rules = emptyToUndefined(file);
  const ofDays = Number(days ?? 0) > 0 ? { days: Number(days) } : undefined;
  const retention = rules === undefined ? ofDays : await readRetentionFile(rules);
  const spillDir = emptyToUndefined(environment.AUDIT_SPILL_DIR);
  const isOff = /^(false|0|off)$/i.test(environment.MONITORING_ENABLED ?? '');
  return {
    spill:
      spillDir === undefined
        ? undefined
        : { spillDir, writerKeys: readWriterKeys(environment), maxSpillBytes: SPILL_BYTES },
    ledger: {
      signingKeyFile,
      signingKey,
      checkpointMemory: getCheckpointMemoryPath(environment),
      erasureFile: emptyToUndefined(environment.AUDIT_ERASURE_FILE) ?? `${signingKeyFile}.erasures`,
      origin,
      checkpointFile: emptyToUndefined(environment.AUDIT_CHECKPOINT_FILE),
      checkpointWebhook: emptyToUndefined(environment.AUDIT_CHECKPOINT_WEBHOOK),
      witnesses: splitList(witnesses).map((pair) => ({ verifierKey: pair, url: pair })),
      ...(retention && { retention }),
    },
    coverage: undefined,
    checks: [
      toStatePart(
        'application',
        warn(
          'No application is given: only the environment is checked.',
          'Name the file of the root module, such as dist/app.module.js#AppModule, so that the command checks its options.',
        ),
      ),
      ...(isOff ? [toLedgerOffPart()] : []),
    ],
  };
}

/** Makes the result for a ledger that is switched off: an error in production, else a warning. */
export function toLedgerOffPart(): StatePart {
  const message =
    'The ledger is off: MonitoringModule is not imported, or MONITORING_ENABLED is false. It stores no event.';
  const remedy = 'Import MonitoringModule.forRootAsync({ … }), and set MONITORING_ENABLED=true.';
  return toStatePart('modules', (process.env.NODE_ENV === 'production' ? fail : warn)(message, remedy));
}

export function toStatePart(name: string, verdict: Verdict): StatePart {
  return { name, facts: {}, ...verdict };
}
