import { errorMessage } from '../../audit/nest-free.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import type { ApplicationLogins } from '../../monitoring/store/sessions/login-rights.js';
import { firstIdAt, timeOfId } from '../../monitoring/store/id-time.js';
import { encodeBase64 } from '../../monitoring/proof/log/notes/encoding.js';
import { ledgerTrust } from '../../monitoring/proof/verify/known-keys.js';
import type { Verification } from '../../monitoring/proof/verify/verification.js';
import {
  type Answer,
  cannotTell,
  type Figures,
  type Framework,
  type ReportCheck,
  type ReportSubject,
  type Result,
  subjectOf,
  worstOf,
} from './check.js';
import { EVENT_CHECKS } from './checks/event-checks.js';
import { LEDGER_CHECKS } from './checks/ledger-checks.js';
import { SETTING_CHECKS } from './checks/setting-checks.js';
import type { ReportSettings } from './read-application.js';
import { readFacts } from './read-facts.js';
import { newestOf, readExtent, readGroups, readLogHead, type LogHead } from './read-log.js';
import { reportErrors } from './report.errors.js';

/** What a report covers: the log below a signed checkpoint, and a time range. All times are in UTC (RFC 3339). */
interface ReportScope {
  readonly origin: string;
  /** The beginning of the time range, inclusive. */
  readonly from: string;
  /** The end of the time range, exclusive. */
  readonly to: string;
  /** When the newest event below the checkpoint was accepted. The report covers no later time. Absent while no event is sealed. */
  readonly asOf?: string;
  /** When the first event of the log was accepted. Absent while no event is sealed. */
  readonly beganAt?: string;
  /** The number of events below the checkpoint. */
  readonly size: number;
  /** The signed checkpoint; absent if no known key signed one. */
  readonly checkpoint?: string;
  /** The root of the checkpoint, in base64. */
  readonly root?: string;
  /** The number of events in the time range, stored or retired, with the times of the first and the last one. */
  readonly events: number;
  readonly firstAt?: string;
  readonly lastAt?: string;
  readonly retention: string;
  readonly completeness: string;
  /** The number of events that were read, and the number of all events. Absent if all were read. */
  readonly cut?: { readonly read: number; readonly of: number };
}

export interface ReportedCheck extends Answer, Omit<ReportCheck, 'look' | 'figures'> {
  readonly figures: Figures;
  /** The clauses of the framework for which this check gives evidence. */
  readonly clauses: readonly string[];
}

export interface ReportedClause {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  /** The worst result of the checks. */
  readonly result: Result;
  readonly checks: readonly string[];
  /** What a person must do. */
  readonly manual: readonly string[];
}

/** A report on one framework: a list of check results. With the same checkpoint and settings, the result is the same report. */
export interface Report {
  readonly format: 'nestjs-audit-ledger/report@v1';
  readonly framework: Pick<Framework, 'id' | 'title' | 'version'>;
  readonly scope: ReportScope;
  readonly clauses: readonly ReportedClause[];
  readonly checks: readonly ReportedCheck[];
  /** What the report does not show, each in a sentence. */
  readonly notes: readonly string[];
}

export interface ReportRequest {
  readonly framework: Framework;
  /** The beginning of the time range, inclusive. @defaultValue a year before `to`, or the beginning of the log if that is later */
  readonly from?: Date | undefined;
  /** The end of the time range, exclusive. @defaultValue right after the newest event of the checkpoint */
  readonly to?: Date | undefined;
  /** The size of the checkpoint that ends the reported log. @defaultValue the size of the newest checkpoint */
  readonly mark?: number | undefined;
  /** The maximum number of events to read, from the newest event backwards. */
  readonly mostEvents: number;
  /** The application's settings; absent if no application was given. */
  readonly settings?: ReportSettings | undefined;
  /** The verification of the whole ledger. Without this result, the integrity of the ledger is unknown. */
  readonly verification?: Verification | undefined;
  readonly origin: string;
  /** The keys with which the ledger was verified. @defaultValue the keys that the database contains */
  readonly verifierKeys?: readonly string[] | undefined;
  /** Signed checkpoints from outside the database, with which the ledger was verified. */
  readonly published?: readonly string[] | undefined;
  readonly witnessKeys?: readonly string[] | undefined;
  /** The rights of the application's logins; absent if unknown. */
  readonly logins?: ApplicationLogins | undefined;
}

export const CHECKS: ReadonlyMap<string, ReportCheck> = new Map(
  [...EVENT_CHECKS, ...LEDGER_CHECKS, ...SETTING_CHECKS].map((check) => [check.id, check] as const),
);

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/**
 * Reads the ledger as of a checkpoint, and reports on each clause of a framework. Changes nothing. With the same checkpoint, time range,
 * settings and verification, the result is the same report.
 *
 * @param session a session with the role {@link REPORTER}, which reads one snapshot
 * @throws `AUDIT_REQUEST_INVALID` if no checkpoint has the size `mark`, or if the time range ends before its
 *   start. Rejects with an error of the PostgreSQL client
 */
export async function makeReport(session: LedgerSession, request: ReportRequest): Promise<Report> {
  const { framework, mark, mostEvents, settings, verification, logins } = request;
  const { verifierKeys = [], published = [], witnessKeys = [] } = request;
  const trust = await ledgerTrust(session, verifierKeys);
  const log = await readLogHead(session, trust, mark);
  const { size, asOf, head, beganAt, placesDue } = log;
  const { from, to } = rangeOf(request, log);
  const whole = { fromId: firstIdAt(from), toId: firstIdAt(to), size };
  const extent = await readExtent(session, whole);
  const isCut = extent.events > mostEvents;
  const range = isCut ? await newestOf(session, whole, mostEvents) : whole;
  const scope: ReportScope = {
    origin: request.origin,
    from: from.toISOString(),
    to: to.toISOString(),
    size,
    ...(asOf && { asOf: asOf.toISOString() }),
    ...(beganAt && { beganAt: beganAt.toISOString() }),
    ...(head && { root: encodeBase64(head.rootHash), checkpoint: head.note }),
    events: extent.events,
    ...(extent.first !== undefined && { firstAt: timeOfId(extent.first).toISOString() }),
    ...(extent.last !== undefined && { lastAt: timeOfId(extent.last).toISOString() }),
    retention: describeRetention(settings),
    completeness: describeCompleteness(verification),
    ...(isCut && { cut: { read: mostEvents, of: extent.events } }),
  };
  const firstAt = extent.first === undefined ? to : timeOfId(extent.first);
  const reviewedTo = new Date((asOf ?? to).getTime() - DAY_MS);
  const times = { asOf: asOf ?? to, firstAt, lastAt: to < reviewedTo ? to : reviewedTo };
  const facts = await readFacts(session, range, times, { trust, published, witnessKeys });
  const groups = await readGroups(session, range);
  const isKeyGiven = verifierKeys.length > 0;
  const subject = subjectOf({ size, asOf, facts, groups, settings, verification, logins, placesDue, isKeyGiven });
  const names = [...new Set(framework.clauses.flatMap(({ checks }) => checks))];
  const checks = names.map((name) => reportCheck(name, framework, subject, scope));
  const clauses = framework.clauses.map(({ id, title, question, checks: of, manual = [] }): ReportedClause => {
    const results = checks.filter((check) => of.includes(check.id)).map(({ result }) => result);
    return { id, title, question, result: worstOf(results), checks: of, manual };
  });
  return {
    format: 'nestjs-audit-ledger/report@v1',
    framework: { id: framework.id, title: framework.title, version: framework.version },
    ...{ scope, clauses, checks },
    notes: [
      ...(scope.cut ? [`Only the newest ${scope.cut.read} of ${scope.cut.of} events were read.`] : []),
      ...(verification?.warnings ?? []),
      ...(settings ? [] : ['No application was given, so its options and routes are not in this report.']),
      'The report shows the evidence in this ledger. An auditor has to judge whether a law or a standard is met.',
    ],
  };
}

function reportCheck(name: string, { clauses }: Framework, subject: ReportSubject, scope: ReportScope): ReportedCheck {
  const check = CHECKS.get(name);
  if (!check) throw new Error(`Cannot make the report: there is no check ${name}.`);
  const { id, title, lookedAt, doesNotProve, filters } = check;
  const { figures, ...answer } = lookSafely(check, subject);
  return {
    ...{ id, clauses: clauses.filter(({ checks }) => checks.includes(id)).map((clause) => clause.id), title },
    ...(filters ? inWholeRange(answer, subject, scope) : answer),
    ...{ figures, lookedAt, doesNotProve },
    ...(filters && { filters: filters.map((filter) => `from:${scope.from} to:${scope.to} ${filter}`.trim()) }),
  };
}

/** An error in one check must not prevent the whole report. */
function lookSafely({ figures: figuresOf, look }: ReportCheck, subject: ReportSubject) {
  try {
    const figures = figuresOf?.(subject) ?? {};
    return { figures, ...look(subject, figures) };
  } catch (error) {
    return { figures: {}, ...cannotTell(`The check failed: ${errorMessage(error)}`) };
  }
}

/** A requirement is not met in the whole range if a part of the range was not read. */
function inWholeRange(answer: Answer, subject: ReportSubject, scope: ReportScope): Answer {
  if (answer.result === 'not-met') return answer;
  const retired = scope.events - subject.count('');
  const { beganAt = scope.from } = scope;
  const isBefore = Date.parse(beganAt) - Date.parse(scope.from) > DAY_MS;
  const parts = [
    ...(scope.cut ? [`Only ${scope.cut.read} of ${scope.cut.of} events were read.`] : []),
    ...(!scope.cut && retired > 0 ? [`Of ${scope.events} events, ${retired} are not stored.`] : []),
    ...(isBefore ? [`The ledger began on ${beganAt}, after the beginning of the time range.`] : []),
  ];
  return parts.length === 0 ? answer : cannotTell([answer.answer, ...parts].join(' '));
}

function rangeOf({ from, to }: ReportRequest, { asOf, beganAt }: LogHead): { readonly from: Date; readonly to: Date } {
  const end = to ?? new Date((asOf?.getTime() ?? 0) + 1);
  const yearBefore = new Date(end.getTime() - YEAR_MS);
  const start = from ?? (beganAt && beganAt > yearBefore && beganAt < end ? beganAt : yearBefore);
  if (start >= end) throw reportErrors.AUDIT_REQUEST_INVALID.emptyRange(start, end);
  return { from: start, to: end };
}

function describeRetention(settings: ReportSettings | undefined): string {
  if (!settings) return 'Unknown: no application was given.';
  const { retentionDays: days } = settings;
  return days === 'forever' ? 'No policy: events stay forever.' : `Events stay for at least ${days} days.`;
}

function describeCompleteness(verification: Verification | undefined): string {
  if (!verification) return 'Unknown: the ledger was not verified.';
  const { verdict, totalFindings, retired } = verification;
  if (verdict !== 'sound') return `Incomplete: ${totalFindings} findings contradict the signed log.`;
  return retired === 0
    ? 'Every event that the checkpoint covers exists.'
    : `Every event that the checkpoint covers exists, or is one of ${retired} that signed acts retired.`;
}
