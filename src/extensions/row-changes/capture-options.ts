import { z } from 'zod';
import {
  optionsSchema,
  parseOptions,
  valueOption,
  wholeNumber,
  type RawOptions,
  type ResolvedOptions,
} from '../../audit/option-schemas.js';
import { findRuleProblems, type TableRules } from '../../audit/nest-free.js';
import { parseTableName } from '../../monitoring/store/table-name.js';
import { LATE_AFTER_SECONDS } from './outbox-part.js';

const OPTIONS = {
  /**
   * Tables without an entity, such as `public.rates`, with their rules. The rules use the column names of the database. Set this when a table
   * has no entity, for example because another program or Prisma writes it.
   */
  tables: z
    .custom<Readonly<Record<string, TableRules>>>()
    .superRefine((input, context) => {
      for (const problem of findTableProblems(input)) context.addIssue(problem);
    })
    .prefault({}),
  /**
   * The database roles of the application. Changes by these roles without a context are `unattributed`; changes by other roles count as
   * external. Default: the login of `connectionUrl`. Set this when your application uses several logins, such as one for the web and one for
   * jobs.
   */
  applicationRoles: valueOption<readonly string[]>(isNameList, 'must be a list of database roles').optional(),
  /**
   * The number of rows per statement above which row images are stored outside the events: 1 to 1,000,000. Set this when imports change some
   * thousand rows in a statement, and their images would fill the ledger.
   */
  bulkRows: wholeNumber(1, 1_000_000).default(10_000),
  /**
   * The seconds that a change may wait for the ledger without an alarm: 1 to 86,400. Set this when nightly imports keep the ledger busy for
   * longer than a minute, and wake your engineers.
   */
  lateAfterSeconds: wholeNumber(1, 86_400).default(LATE_AFTER_SECONDS),
  /**
   * The hours between two reconciliations of live rows with their events: 1 to 8,760. Each result is an event. Default: only
   * `nestjs-audit-ledger capture reconcile` reconciles. Set this when a PCI auditor asks for evidence that changes without a trigger would be
   * noticed (10.3.4).
   */
  reconcileEveryHours: wholeNumber(1, 8_760).optional(),
};

/** The options of `RowChangesModule`. `{}` suffices if entities have `@AuditedEntity`. */
export interface RowChangesOptions extends RawOptions<typeof OPTIONS> {}

/** {@link RowChangesOptions} with the defaults. */
export interface ResolvedCapture extends ResolvedOptions<typeof OPTIONS> {}

export const CAPTURE_OPTIONS = Symbol.for('nestjs-audit-ledger:capture-options');

/** Fills in the defaults, and adds problems to `problems`. */
export function resolveCapture(options: RowChangesOptions, problems: string[]): ResolvedCapture | undefined {
  return parseOptions(optionsSchema(OPTIONS), options, problems);
}

function findTableProblems(tables: unknown): readonly string[] {
  if (typeof tables !== 'object' || tables === null || Array.isArray(tables)) {
    return ["must be an object such as { 'public.rates': {} }"];
  }
  return Object.entries(tables).flatMap(([name, rules]: [string, unknown]) => [
    ...(parseTableName(name) ? [] : [`names ${name}: write it as schema.table, such as public.rates`]),
    ...findRuleProblems(rules).map((problem) => `['${name}']: ${problem}`),
  ]);
}

function isNameList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && item !== '');
}
