import { errorMessage } from '../../audit/nest-free.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import type { ApplicationLogins } from '../../monitoring/store/sessions/login-rights.js';
import { firstIdAt, timeOfId } from '../../monitoring/store/id-time.js';
import { encodeBase64 } from '../../monitoring/proof/log/notes/encoding.js';
import { ledgerTrust } from '../../monitoring/proof/verify/known-keys.js';
import type { Verification } from '../../monitoring/proof/verify/verification.js';
import { type ReportCheck, subjectOf, type ReportSubject } from './check.js';
import { CHECKS } from './checks/all-checks.js';
import { keepTiles } from '../../monitoring/proof/log/tiles/tile-reader.js';
import { tileReaderBy } from '../../monitoring/store/log-reading/find-tiles.js';
import { drawSample } from './draw-sample.js';
import type { Clause, Framework } from './frameworks/framework.js';
import { makeInventory, type InventoriedApplication } from './log-inventory.js';
import { readFacts } from './read-facts.js';
import { readLogHead, type LogHead } from './read-log-head.js';
import { newestOf, readExtent, readGroups } from './read-groups.js';
import {
  type CheckKind,
  type CheckResult,
  type Report,
  type ReportedCheck,
  type ReportedClause,
  type ReportScope,
  type Sample,
  VERDICTS,
  worstOf,
  type Verdict,
} from './report.js';
import type { ReportSettings } from './settings-of.js';
import type { Selection } from './selection.js';
import { reportErrors } from './report.errors.js';

export interface ReportRequest {
  readonly framework: Framework;
  /** The beginning of the time range, inclusive. @defaultValue a year before `to`, or the beginning of the log if that is later */
  readonly from?: Date | undefined;
  /** The end of the time range, exclusive. @defaultValue right after the newest event of the checkpoint */
  readonly to?: Date | undefined;
  /** The size of the checkpoint that ends the reported log. @defaultValue the size of the newest checkpoint */
  readonly mark?: number | undefined;
  readonly sampleSize: number;
  /** The seed of the samples. @defaultValue the root of the checkpoint, because nobody can choose the root */
  readonly seed?: string | undefined;
  /** The maximum number of events to read, from the newest event backwards. */
  readonly mostEvents: number;
  /** The application's settings; absent if no application was given. */
  readonly settings?: ReportSettings | undefined;
  readonly application?: InventoriedApplication | undefined;
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

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/**
 * Reads the ledger as of a checkpoint, and reports on each clause of a framework. Changes nothing. With the same checkpoint, time range,
 * settings and verification, the result is the same report.
 *
 * @param session a session with the role {@link REPORTER}, which reads one snapshot
 * @throws `AUDIT_REPORT_REQUEST_INVALID` if no checkpoint has the size `mark`, or if the time range ends before its
 *   start. Rejects with an error of the PostgreSQL client
 */
export async function makeReport(session: LedgerSession, request: ReportRequest): Promise<Report> {
  const { framework, mark, mostEvents, settings, application, verification, seed, sampleSize } = request;
  const { verifierKeys = [], published = [], witnessKeys = [], logins } = request;
  const trust = await ledgerTrust(session, verifierKeys);
  const log = await readLogHead(session, trust, mark);
  const { from, to } = rangeOf(request, log);
  const whole = { fromId: firstIdAt(from), toId: firstIdAt(to), size: log.size };
  const extent = await readExtent(session, whole);
  const isCut = extent.events > mostEvents;
  const range = isCut ? await newestOf(session, whole, mostEvents) : whole;
  const scope: ReportScope = {
    origin: request.origin,
    from: from.toISOString(),
    to: to.toISOString(),
    size: log.size,
    ...(log.asOf && { asOf: log.asOf.toISOString() }),
    ...(log.beganAt && { beganAt: log.beganAt.toISOString() }),
    ...(log.head && { root: encodeBase64(log.head.rootHash), checkpoint: log.head.note }),
    events: extent.events,
    ...(extent.first !== undefined && { firstAt: timeOfId(extent.first).toISOString() }),
    ...(extent.last !== undefined && { lastAt: timeOfId(extent.last).toISOString() }),
    retired: verification?.retired ?? 0,
    retention: describeRetention(settings),
    completeness: describeCompleteness(verification),
    ...(isCut && { cut: { read: mostEvents, of: extent.events } }),
  };
  const asOf = log.asOf ?? to;
  const firstAt = extent.first === undefined ? to : timeOfId(extent.first);
  const reviewedTo = new Date(asOf.getTime() - DAY_MS);
  const lastAt = to < reviewedTo ? to : reviewedTo;
  const facts = await readFacts(session, range, { asOf, firstAt, lastAt }, { trust, published, witnessKeys });
  const groups = await readGroups(session, range);
  const subject = subjectOf({
    ...{ scope, facts, groups, settings, verification, logins, placesDue: log.placesDue },
    isKeyGiven: verifierKeys.length > 0,
  });
  const readTile = keepTiles(tileReaderBy((text, values) => session.rows(text, values)));
  const drawn = { range, readTile, seed: seed ?? scope.root ?? '', most: sampleSize };
  const draw: Draw = (selection, check, population) => drawSample(session, drawn, { selection, check, population });
  const checks: ReportedCheck[] = [];
  for (const check of checksOf(framework)) checks.push(await reportCheck(check, subject, draw));
  const clauses = framework.clauses.map((clause) => reportClause(clause, checks));
  return {
    format: 'nestjs-audit-ledger/report@v1',
    framework: { id: framework.id, title: framework.title, version: framework.version },
    scope,
    verdicts: countVerdicts(clauses),
    clauses,
    checks,
    ...(application && { inventory: makeInventory(application, groups, facts) }),
    gaps: gapsOf(scope, clauses, settings, verification?.warnings ?? []),
  };
}

function checksOf({ clauses }: Framework): readonly ReportCheck[] {
  return [...new Set(clauses.flatMap(({ checks }) => checks))].flatMap((id) => CHECKS.get(id) ?? []);
}

type Draw = (selection: Selection, check: string, population: number) => Promise<Sample>;

async function reportCheck(check: ReportCheck, subject: ReportSubject, draw: Draw): Promise<ReportedCheck> {
  const { id, kind, title, proves, doesNotProve, selection } = check;
  const result = passedInPart(lookSafely(check, subject), kind, subject);
  const population = selection ? subject.count(selection) : 0;
  const sample = selection && population > 0 ? await draw(selection, id, population) : undefined;
  const what = { id, kind, title, proves, doesNotProve, query: check.query(subject) };
  return { ...what, ...result, ...(sample && sample.events.length > 0 && { sample }) };
}

/** An error in one check must not prevent the whole report. */
function lookSafely(check: ReportCheck, subject: ReportSubject): CheckResult {
  try {
    return check.look(subject);
  } catch (error) {
    return { verdict: 'error', answer: `The check failed: ${errorMessage(error)}`, figures: {} };
  }
}

function passedInPart(result: CheckResult, kind: CheckKind, subject: ReportSubject): CheckResult {
  const { scope } = subject;
  if (kind !== 'population' || !['pass', 'partial'].includes(result.verdict)) return result;
  const retired = scope.events - subject.count({});
  const { beganAt = scope.from } = scope;
  const isBefore = Date.parse(beganAt) - Date.parse(scope.from) > DAY_MS;
  const parts = [
    ...(scope.cut ? [`Only ${scope.cut.read} of ${scope.cut.of} events were read.`] : []),
    ...(!scope.cut && retired > 0 ? [`Of ${scope.events} events, ${retired} are not stored.`] : []),
    ...(isBefore ? [`The ledger began on ${beganAt}, after the beginning of the time range.`] : []),
  ];
  return parts.length === 0 ? result : { ...result, verdict: 'partial', answer: [result.answer, ...parts].join(' ') };
}

function reportClause(
  { id, title, question, checks: names, manual = [] }: Clause,
  all: readonly ReportedCheck[],
): ReportedClause {
  const checks = names.flatMap((name) => all.find((check) => check.id === name) ?? []);
  const verdict = checks.length < names.length ? 'error' : worstOf(checks.map((check) => check.verdict));
  const texts = checks.filter((check) => check.verdict === verdict).map((check) => check.answer);
  return { id, title, question, verdict, answer: [...new Set(texts)].join(' '), checks: names, manual };
}

function countVerdicts(clauses: readonly ReportedClause[]): Readonly<Record<Verdict, number>> {
  const counts = VERDICTS.map((verdict) => [verdict, clauses.filter((clause) => clause.verdict === verdict).length]);
  return Object.fromEntries(counts) as Record<Verdict, number>; // each verdict is in the list
}

function rangeOf({ from, to }: ReportRequest, { asOf, beganAt }: LogHead): { readonly from: Date; readonly to: Date } {
  const end = to ?? new Date((asOf?.getTime() ?? 0) + 1);
  const yearBefore = new Date(end.getTime() - YEAR_MS);
  const start = from ?? (beganAt && beganAt > yearBefore && beganAt < end ? beganAt : yearBefore);
  if (start >= end) throw reportErrors.AUDIT_REPORT_REQUEST_INVALID.emptyRange(start, end);
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

function gapsOf(
  scope: ReportScope,
  clauses: readonly ReportedClause[],
  settings: ReportSettings | undefined,
  warnings: readonly string[],
): readonly string[] {
  const of = (...verdicts: readonly string[]): string =>
    clauses
      .filter(({ verdict }) => verdicts.includes(verdict))
      .map(({ id }) => id)
      .join(', ');
  const sentence = (names: string, says: string): readonly string[] => (names === '' ? [] : [`${says}: ${names}.`]);
  return [
    ...(scope.cut ? [`Only the newest ${scope.cut.read} of ${scope.cut.of} events were read.`] : []),
    ...sentence(of('fail'), 'These clauses fail'),
    ...sentence(of('error'), 'A check of these clauses ended with an error'),
    ...sentence(of('no-evidence'), 'The ledger has no evidence for these clauses'),
    ...sentence(of('partial'), 'These clauses are answered in part'),
    ...sentence(of('evidence'), 'A person has to judge the events for these clauses'),
    ...sentence(of('manual'), 'Only a person can answer these clauses'),
    ...warnings,
    ...(settings ? [] : ['No application was given, so its options, routes and inventory are not in this report.']),
    'The report shows the evidence in this ledger. An auditor has to judge whether a law or a standard is met.',
  ];
}
