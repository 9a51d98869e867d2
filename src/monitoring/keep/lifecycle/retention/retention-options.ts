import { z } from 'zod';
import {
  rejectMessage,
  optionsSchema,
  parseOptions,
  valueOption,
  wholeNumber,
  typedInput,
  type RawOptions,
  type ResolvedOptions,
} from '../../../../audit/option-schemas.js';
import { auditErrors, canonicalJson, type Catalogue } from '../../../../audit/nest-free.js';
import type { RETENTION_TABLES } from '../../../store/retention-tables.js';
import { maxDays, MAX_DAYS, TABLE_NAMES, type DaysByName, type RetentionPolicy } from './retention-policy.js';

/** A retention period: a whole number of days from 1 to 36,500. `0` and `'forever'` mean forever. */
export type RetentionDays = number | 'forever';

const DAYS = valueOption<RetentionDays>(
  (days) => days === 'forever' || (Number.isInteger(days) && Number(days) >= 0 && Number(days) <= MAX_DAYS),
  rejectMessage(`a whole number of days up to ${MAX_DAYS}, or 'forever'`),
).transform((days) => (days === 'forever' ? 0 : days));

const TABLE = z.record(z.string(), DAYS, 'is not an object of names and days').readonly().default({});

const TABLES = Object.fromEntries(TABLE_NAMES.map((name) => [name, TABLE])) as {
  readonly [Name in keyof typeof RETENTION_TABLES]: typeof TABLE; // mapped, so that the names keep their descriptions
};

const OPTIONS = {
  /** The minimum retention period of every event. */
  days: DAYS,
  ...TABLES,
  /**
   * Retention periods by compliance tag. A period applies to every action with that tag in the catalogue. PCI DSS 4.0, requirement 10.5.1,
   * requires twelve months, and a SOC 2 audit usually covers twelve months. Set this when a framework asks for another period, such as six
   * years for HIPAA.
   * @defaultValue `{ pci_dss: 365, soc2: 365 }`
   */
  compliance: TABLE,
  /** The hour of the daily retention run in UTC, from 0 to 23. Set this when your traffic has its peak at this hour, or your backup runs then. */
  hourUtc: wholeNumber(0, 23).default(3),
};

/** The option `retention` of the monitoring module. If several rules apply to an event, the longest period counts. */
export interface RetentionOptions extends RawOptions<typeof OPTIONS> {}

interface ResolvedRetention extends ResolvedOptions<typeof OPTIONS> {}

export interface RetentionSlice {
  readonly retention?: RetentionOptions | undefined;
}

export const RETENTION_OPTIONS = Symbol.for('nestjs-audit-ledger:retention-options');

/**
 * Refuses unknown names of rules: a misspelt rule would have no effect, and events would be retired too soon. Accepts unknown event types,
 * because the catalogue lacks the application's own types at this time.
 */
export const RETENTION = typedInput<RetentionOptions>()(
  optionsSchema(OPTIONS).superRefine(({ days, ...rules }, context) => {
    for (const name of TABLE_NAMES) {
      for (const [key, configured] of Object.entries(rules[name])) {
        if (maxDays(days, configured) === configured) continue;
        const message = `is ${configured} and retention.days is ${days || 'forever'}: the longest counts, and the shorter one has no effect`;
        context.addIssue({ code: 'custom', path: [name, key], message });
      }
    }
  }),
);

const SLICE_SCHEMA = z.object({ retention: RETENTION });

/** Checks the option `retention`, and adds a clause to `problems` for each problem. */
export function checkRetention(retention: unknown, problems: string[]): ResolvedRetention | undefined {
  return parseOptions(SLICE_SCHEMA, { retention }, problems)?.retention;
}

const COMPLIANCE: DaysByName = { pci_dss: 365, soc2: 365 };

/** Converts rules to a policy. @throws `AUDIT_OPTIONS_INVALID` */
export function resolvePolicy(options: RetentionOptions, catalogue: Catalogue): RetentionPolicy {
  const problems: string[] = [];
  const retention = checkRetention(options, problems);
  if (!retention) throw auditErrors.AUDIT_OPTIONS_INVALID(problems, 'Monitoring');
  const { days } = retention;
  const compliance: DaysByName = { ...COMPLIANCE, ...retention.compliance };
  const eventTypes: Record<string, number> = {};
  for (const [type, configured] of Object.entries(retention.eventTypes)) {
    const canonical = catalogue.canonicalName(type);
    eventTypes[canonical] = maxDays(eventTypes[canonical], configured);
  }
  const actions: Record<string, number> = { ...retention.actions };
  for (const [action, tags] of catalogue.complianceTags()) {
    for (const tag of tags) {
      if (compliance[tag] !== undefined) actions[action] = maxDays(actions[action], compliance[tag]);
    }
  }
  const longer = (table: DaysByName): object =>
    Object.fromEntries(Object.entries(table).filter(([, configured]) => maxDays(days, configured) !== days));
  const tables = { ...retention, actions, eventTypes };
  return canonicalJson({ days, ...Object.fromEntries(TABLE_NAMES.map((name) => [name, longer(tables[name])])) });
}
