import { Catalogue } from '../../audit/nest-free.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { policyOf } from '../../monitoring/keep/lifecycle/retention/retention-options.js';
import { longestDays } from '../../monitoring/keep/lifecycle/retention/retention-policy.js';
import { MIGRATOR } from '../../monitoring/store/ledger-roles.js';
import { readLoginRights, type ApplicationLogins } from '../../monitoring/store/sessions/login-rights.js';
import { linkRules } from '../watch/rules/link-rules.js';
import { parseRules } from '../watch/rules/parse-rules.js';
import { SHIPPED_RULES } from '../watch/shipped-rules/shipped-rules.generated.js';
import type { LedgerOptions, Subject } from '../../cli/doctor/subject.js';

/** The application's options that the checks use. */
export interface ReportSettings {
  readonly recordReads: boolean;
  /** The minimum number of days for which an event is kept; `forever` without a policy. */
  readonly retentionDays: number | 'forever';
  /** The maximum number of days for which an event is kept; `forever` without a policy, or if the policy keeps some events forever. */
  readonly longestDays: number | 'forever';
  /** The names of the rules that raise alerts; `undefined` without the watch. */
  readonly rules: readonly string[] | undefined;
  /** The names of the default rules that the application disabled. */
  readonly rulesOff: readonly string[];
  readonly captures: boolean;
  readonly onFailure: 'open' | 'closed';
  readonly hasSpill: boolean;
  /** The number of routes that change state, and the names of those with neither @Audited nor @NotAudited. */
  readonly coverage: { readonly checked: number; readonly missing: readonly string[] };
}

/** Returns what a report needs from an application; `undefined` if the options are invalid or the ledger is off. */
export function readSettings(subject: Subject): ReportSettings | undefined {
  const { ledger, spill, coverage, catalogue = new Catalogue() } = subject;
  if (!ledger || !coverage) return undefined;
  const { recordReads = true, retention, watch, capture } = ledger;
  const policy = retention && policyOf(retention, catalogue);
  const known = watch?.rules.map(({ rule }) => rule.name) ?? [];
  const shipped = linkRules(parseRules(SHIPPED_RULES).rules).rules.filter(({ alerts }) => alerts);
  return {
    recordReads,
    retentionDays: retention === undefined || retention.days === 0 ? 'forever' : retention.days,
    longestDays: (policy === undefined ? undefined : longestDays(policy)) ?? 'forever',
    rules: watch?.rules.filter(({ alerts }) => alerts).map(({ rule }) => rule.name),
    rulesOff: shipped.map(({ rule }) => rule.name).filter((name) => !known.includes(name)),
    captures: capture !== undefined,
    onFailure: spill?.onFailure ?? 'open',
    hasSpill: spill?.spillDir !== undefined,
    coverage: {
      checked: coverage.checked,
      missing: coverage.missing.map(({ method, path }) => `${method} ${path}`),
    },
  };
}

/**
 * Reads the rights of the logins in an application's options. Without `connectionUrl`, reads the rights of the login that the command uses.
 * Returns `undefined` if a login cannot connect. Never rejects.
 */
export async function readLogins(
  { connectionUrl, sequencerUrl }: LedgerOptions,
  database: string,
): Promise<ApplicationLogins | undefined> {
  const rightsAt = (url: string) => useSession(url, MIGRATOR, {}, readLoginRights);
  try {
    const writes = await rightsAt(connectionUrl ?? database);
    const seals = sequencerUrl === undefined ? undefined : await rightsAt(sequencerUrl);
    return writes && (sequencerUrl === undefined || seals) ? { writes, seals } : undefined;
  } catch {
    return undefined;
  }
}
