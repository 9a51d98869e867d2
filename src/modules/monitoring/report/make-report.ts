import { errorMessage } from '../../../audit/plain.js';
import type { LedgerSession } from '../store/ledger-session.js';
import { firstIdAt, timeOfId } from '../store/id-time.js';
import { parseCheckpoint } from '../log/notes/checkpoint.js';
import { encodeBase64 } from '../log/notes/encoding.js';
import { parseNote } from '../log/notes/signed-note.js';
import { ledgerTrust } from '../verify/known-keys.js';
import type { Verification } from '../verify/verification.js';
import type { ReportCheck } from './check.js';
import { CHECKS } from './checks/all-checks.js';
import { SampleDrawer } from './draw-sample.js';
import type { Clause, Framework } from './frameworks/framework.js';
import { gapsOf } from './gaps.js';
import { makeInventory, type InventoriedApplication } from './log-inventory.js';
import { readFacts } from './read-facts.js';
import { newestOf, readExtent, readGroups } from './read-groups.js';
import { ReportRequestError } from './report-request.error.js';
import type { CheckKind, CheckResult, Report, ReportedCheck, ReportedClause, ReportScope } from './report.js';
import type { ReportSettings } from './report-settings.js';
import { ReportSubject } from './report-subject.js';
import { VERDICTS, worstOf, type Verdict } from './verdict.js';

/** What to report on. */
export interface ReportRequest {
  readonly framework: Framework;
  /** Inclusive. @defaultValue a year before `to` */
  readonly from?: Date | undefined;
  /** Exclusive. @defaultValue the checkpoint's time */
  readonly to?: Date | undefined;
  /** The size of a checkpoint. @defaultValue the newest */
  readonly mark?: number | undefined;
  /** How many events are drawn for each check. */
  readonly sampleSize: number;
  /** @defaultValue the root of the checkpoint, which nobody chose */
  readonly seed?: string | undefined;
  /** How many events are read at most: the newest. */
  readonly mostEvents: number;
  /** What the application is set to; absent where none was given. */
  readonly settings?: ReportSettings | undefined;
  /** For the inventory. */
  readonly application?: InventoriedApplication | undefined;
  /** Of the whole ledger; absent: its integrity is not known. */
  readonly verification?: Verification | undefined;
  readonly origin: string;
  /** Of the ledger, as it was verified by. @defaultValue those that the database names */
  readonly verifierKeys?: readonly string[] | undefined;
}

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

const CHECKPOINT = `
  SELECT size::float8 AS size, note, signed_at AS "signedAt" FROM audit_checkpoint WHERE $1::bigint IS NULL OR size = $1
   ORDER BY size DESC LIMIT 1`;

/**
 * Reads the ledger as of a checkpoint, and answers each clause of a framework. Changes nothing. Of the same checkpoint, time range, settings and
 * verification, the report is the same.
 *
 * @param session of {@link REPORTER}: it sees one moment
 * @throws ReportRequestError (`AUDIT_REPORT_REQUEST_INVALID`) for a mark without a checkpoint, and a time range that ends before it begins.
 *   Rejects with the client's error
 */
export async function makeReport(session: LedgerSession, request: ReportRequest): Promise<Report> {
  const { framework, mark, mostEvents, settings, application, verification, seed, sampleSize } = request;
  const [head] = await session.rows(CHECKPOINT, [mark ?? null]);
  if (!head && mark !== undefined) throw ReportRequestError.unknownMark(mark);
  const size = Number(head?.size ?? 0);
  const signedAt = head ? (head.signedAt as Date) : undefined; // the type of the column
  const { from, to } = rangeOf(request, signedAt ?? new Date(0));
  const whole = { fromId: firstIdAt(from), toId: firstIdAt(to), size };
  const extent = await readExtent(session, whole);
  const isCut = extent.events > mostEvents;
  const range = isCut ? await newestOf(session, whole, mostEvents) : whole;
  const scope: ReportScope = {
    origin: request.origin,
    from: from.toISOString(),
    to: to.toISOString(),
    size,
    ...(head && signedAt && headOf(String(head.note), signedAt)),
    events: extent.events,
    ...(extent.first !== undefined && { firstAt: timeOfId(extent.first).toISOString() }),
    ...(extent.last !== undefined && { lastAt: timeOfId(extent.last).toISOString() }),
    retired: verification?.retired ?? 0,
    retention: describeRetention(settings),
    completeness: describeCompleteness(verification),
    ...(isCut && { cut: { read: mostEvents, of: extent.events } }),
  };
  const asOf = signedAt ?? to;
  const firstAt = extent.first === undefined ? to : timeOfId(extent.first);
  const reviewedTo = new Date(asOf.getTime() - DAY_MS);
  const lastAt = to < reviewedTo ? to : reviewedTo;
  const trust = await ledgerTrust(session, request.verifierKeys ?? []);
  const facts = await readFacts(session, range, { asOf, firstAt, lastAt }, trust);
  const groups = await readGroups(session, range);
  const subject = new ReportSubject(scope, facts, groups, settings, verification);
  const drawer = new SampleDrawer(session, range, seed ?? scope.root ?? '', sampleSize);
  const checks: ReportedCheck[] = [];
  for (const check of checksOf(framework)) checks.push(await reportCheck(check, subject, drawer));
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

/** Each once, in the order of the clauses. */
function checksOf({ clauses }: Framework): readonly ReportCheck[] {
  return [...new Set(clauses.flatMap(({ checks }) => checks))].flatMap((id) => CHECKS.get(id) ?? []);
}

async function reportCheck(check: ReportCheck, subject: ReportSubject, drawer: SampleDrawer): Promise<ReportedCheck> {
  const { id, kind, title, proves, doesNotProve, selection } = check;
  const result = passedInPart(lookSafely(check, subject), kind, subject.scope);
  const population = selection ? subject.count(selection) : 0;
  const sample = selection && population > 0 ? await drawer.draw(selection, id, population) : undefined;
  const what = { id, kind, title, proves, doesNotProve, query: check.query(subject) };
  return { ...what, ...result, ...(sample && sample.events.length > 0 && { sample }) };
}

/** A mistake of one check must not cost the report. */
function lookSafely(check: ReportCheck, subject: ReportSubject): CheckResult {
  try {
    return check.look(subject);
  } catch (error) {
    return { verdict: 'error', answer: `The check failed: ${errorMessage(error)}`, figures: {} };
  }
}

/** What counts events passes only if all of them were read. */
function passedInPart(result: CheckResult, kind: CheckKind, { cut }: ReportScope): CheckResult {
  if (!cut || kind !== 'population' || result.verdict !== 'pass') return result;
  const answer = `${result.answer} Only ${cut.read} of ${cut.of} events were read.`;
  return { ...result, verdict: 'partial', answer };
}

function reportClause(
  { id, title, question, checks: names, manual = [] }: Clause,
  all: readonly ReportedCheck[],
): ReportedClause {
  const checks = names.flatMap((name) => all.find((check) => check.id === name) ?? []);
  const verdict = checks.length < names.length ? 'error' : worstOf(checks.map((check) => check.verdict));
  const answers = checks.filter((check) => check.verdict === verdict).map((check) => check.answer);
  return { id, title, question, verdict, answer: [...new Set(answers)].join(' '), checks: names, manual };
}

function countVerdicts(clauses: readonly ReportedClause[]): Readonly<Record<Verdict, number>> {
  const counts = VERDICTS.map((verdict) => [verdict, clauses.filter((clause) => clause.verdict === verdict).length]);
  return Object.fromEntries(counts) as Record<Verdict, number>; // each verdict is in the list
}

/** A day at its end would be cut: the checkpoint's own moment is part of the range. */
function rangeOf({ from, to }: ReportRequest, signedAt: Date): { readonly from: Date; readonly to: Date } {
  const end = to ?? new Date(signedAt.getTime() + 1);
  const start = from ?? new Date(end.getTime() - YEAR_MS);
  if (start >= end) throw ReportRequestError.emptyRange(start, end);
  return { from: start, to: end };
}

function headOf(note: string, signedAt: Date): Pick<ReportScope, 'asOf' | 'root' | 'checkpoint'> {
  const { rootHash } = parseCheckpoint(parseNote(note).text);
  return { asOf: signedAt.toISOString(), root: encodeBase64(rootHash), checkpoint: note };
}

function describeRetention(settings: ReportSettings | undefined): string {
  if (!settings) return 'Not known: no application was given.';
  const { retentionDays: days } = settings;
  return days === 'forever' ? 'No rule: events stay forever.' : `Events stay for at least ${days} days.`;
}

function describeCompleteness(verification: Verification | undefined): string {
  if (!verification) return 'Not known: the ledger was not verified.';
  const { verdict, totalFindings, retired } = verification;
  if (verdict !== 'sound') return `Not complete: ${totalFindings} findings contradict the signed log.`;
  return retired === 0
    ? 'Each place below the checkpoint has its event.'
    : `Each place below the checkpoint has its event, or is one of ${retired} that signed acts retired.`;
}
