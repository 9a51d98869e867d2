import { OPTIONS, type AuditModuleOptions, type ResolvedAuditOptions } from './audit-options.js';
import { resolveUserActor, resolveUserTenant } from './context/request-actor.js';
import { isStringArray } from '../base/event/outcomes.js';
import { auditErrors } from './errors/audit.errors.js';
import { optionsSchema, parseOptions } from './option-schemas.js';
import { MIN_KEY_LENGTH, WriterKeys } from './writer-keys.js';

const SCHEMA = optionsSchema(OPTIONS);

const DEFAULT_SPILL_DIR = '.data/spill';

/** AuditModule is checked before the options of MonitoringModule are known, so the message cannot say which of them are missing. */
const SIGNING_KEY_HINT =
  '(with NODE_ENV=production, MonitoringModule also needs a signing key: set signingKeyFile to a file from nestjs-audit-ledger keygen, or ' +
  'set signingKey or signer, together with checkpointMemory)';

/**
 * Checks all options together, and resolves the defaults.
 *
 * @throws `AUDIT_OPTIONS_INVALID` with a problem for each invalid option
 */
export function resolveAuditOptions(input: AuditModuleOptions = {}): ResolvedAuditOptions {
  const problems: string[] = [];
  const options = parseOptions(SCHEMA, input, problems);
  problems.push(...findMissingOptions(input), ...findOptionConflicts(input));
  if (!options || problems.length > 0) throw auditErrors.AUDIT_OPTIONS_INVALID(problems);
  const { resolveActor = resolveUserActor, resolveTenant = resolveUserTenant } = options;
  const returnsEveryRequestId = input.correlationHeader !== undefined;
  const { writerKey, ...others } = options;
  return {
    ...{ ...others, writerKeys: new WriterKeys(writerKey), spillDir: resolveSpillDir(options) },
    ...{ resolveActor, resolveTenant, returnsEveryRequestId },
  };
}

/** Tests have no default folder, since tests in the same working directory would replay each other's events. */
function resolveSpillDir({ spillDir }: Pick<AuditModuleOptions, 'spillDir'>): string | undefined {
  return (spillDir ?? (process.env.NODE_ENV === 'test' ? false : DEFAULT_SPILL_DIR)) || undefined;
}

function findMissingOptions({
  spillDir,
  writerKey = [],
  anonymize = false,
  pseudonymKey,
}: AuditModuleOptions): readonly string[] {
  const problems: string[] = [];
  const isProduction = process.env.NODE_ENV === 'production';
  if (isProduction && spillDir === undefined) {
    problems.push(
      'spillDir is not set, so events would be lost while a provider is down; name a folder on a local disk that ' +
        'outlives the process, or set spillDir to false to accept the loss',
    );
  }
  if (isProduction && writerKey.length === 0) {
    problems.push(
      'writerKey is not set, so anyone who can write into the ledger or the spill could forge events; set it to a secret of at least ' +
        `${MIN_KEY_LENGTH} characters that is not stored in spillDir`,
    );
  }
  if (problems.length > 0) problems.push(`${problems.pop()} ${SIGNING_KEY_HINT}`);
  const anonymizes = Array.isArray(anonymize) ? anonymize.length > 0 : anonymize === true;
  if (anonymizes && pseudonymKey === undefined) problems.push('anonymize is set, but pseudonymKey is not');
  return problems;
}

/** Reads the options as given, since the checked ones have defaults. */
function findOptionConflicts({
  spillDir,
  maxSpillBytes,
  factFields,
  personalFields,
}: AuditModuleOptions): readonly string[] {
  const both = isStringArray(factFields)
    ? factFields.filter((name) => isStringArray(personalFields) && personalFields.includes(name))
    : [];
  return [
    ...(spillDir === false && maxSpillBytes !== undefined ? ['spillDir is false, but maxSpillBytes is set'] : []),
    ...both.map((name) => `both factFields and personalFields name ${name}`),
  ];
}
