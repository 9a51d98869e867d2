import type pg from 'pg';
import { ACT_EVENTS } from '../../keep/acts/act-types.js';
import { readActs } from '../../keep/acts/store-act.js';
import { parseCheckpoint, type CheckpointTrust } from '../log/notes/checkpoint.js';
import { parseNote } from '../log/notes/signed-note.js';
import { EMPTY_EDGE } from '../log/tiles/tree-edge.js';
import { archiveReport, archivesWarning, checkArchives, findForeign, type CheckedArchives } from './checks/check-archives.js';
import { checkRetiredIds, readRetirements, type RetirementTrust } from './checks/check-retirements.js';
import { checkWitnesses, type WitnessDemand, checkCosignatures } from './checks/check-witnesses.js';
import { continuesPublished, startOf } from './check-consistency.js';
import { ArchivedErasures, type ErasingActs } from './sources/personal-parts.js';
import { checkActs } from './checks/check-acts.js';
import { checkErasureRequests, checkErasures } from './checks/check-erasures.js';
import { checkHolds } from './checks/check-holds.js';
import { findAlteredImages } from './altered-images.js';
import { checkLeaves, type CheckedSoFar } from './checks/check-leaves.js';
import { DatabaseSource, withSource } from './sources/database-source.js';
import { diagnose } from './checks/check-damage.js';
import type { Finding } from './finding.js';
import { describeAdoption, explainHeads } from './checks/check-published.js';
import { describeLostKeys, followedWarning, followKeysOfEvents, refuseUnknownKeys } from './known-keys.js';
import { findHiddenRows } from './checks/check-hidden-rows.js';
import { trustOf } from './judge-checkpoint.js';
import type { KeepsProgress } from './progress-file.js';
import {
  countLeaves,
  findBeyond,
  findHeadless,
  findUnkept,
  publishedHeads,
  readLogSize,
  readNewestHead,
  readStoredKeys,
  refuseWithoutLedger,
} from './read-heads.js';
import type { VerifyThreads } from './sources/range-workers.js';
import { VERIFIER } from '../../store/ledger-roles.js';
import { LedgerSession } from '../../store/sessions/ledger-session.js';
import { findUnprotected } from '../../store/schema/check-protection.js';
import { countWaiting, FIRST_ID, readStrays, type WaitingEvents } from './checks/check-strays.js';
import { NOTHING, verdictOf, withWitnesses, type Verification } from './verification.js';

/** The ledger to verify, and the keys that verify its signatures. */
export interface VerifyLedgerOptions {
  /** The connection URL of the ledger's database, or a `pg` client with an open transaction. The login must be allowed to read the ledger. */
  readonly database: string | pg.ClientBase;
  /** The log's verifier keys. @defaultValue the keys in the database, with a warning */
  readonly verifierKeys?: readonly string[];
  /** The origin and parsed keys, instead of `verifierKeys`. With this option, `threads` is ignored. */
  readonly trust?: CheckpointTrust;
  /** Signed notes that were stored outside the database. */
  readonly published?: readonly string[];
  /** Archives of retired events, or folders that contain archives. */
  readonly archives?: readonly string[];
  /** The required cosignatures. @defaultValue none */
  readonly witnesses?: WitnessDemand;
  /** A signed note of the tree up to which an earlier run verified the ledger. */
  readonly since?: string;
  /** Reads and stores the progress, so that a later run can resume. */
  readonly progress?: KeepsProgress;
  /** The maximum number of events to recompute, counted from the end. The tree before these comes from the tiles. @defaultValue all */
  readonly lastEvents?: number;
  /** The threads that read and hash. @defaultValue the caller's thread */
  readonly threads?: VerifyThreads;
  /** Without threads, the number of leaves that one statement reads. @defaultValue 4096 */
  readonly pageRows?: number;
  /** Events without a leaf are searched from this id on. @defaultValue the first id */
  readonly straysFromId?: string;
  readonly onProgress?: (progress: CheckedSoFar) => void;
  /** Aborts the verification, which then rejects. Not allowed with threads. */
  readonly signal?: AbortSignal;
  /** Returns the time in milliseconds. */
  readonly now?: () => number;
}

const MAX_WAIT_MS = 10 * 60_000;
const KEEP_EVERY = 65_536;

/**
 * Recomputes the leaf of every sealed event from the stored row. Compares the result with the stored leaf, the tiles and every signed
 * checkpoint, in one snapshot of the database. Changes nothing, and needs only a few megabytes of memory, whatever the ledger's size.
 *
 * @throws VerifyRequestError (`AUDIT_VERIFY_REQUEST_INVALID`), and the errors of notes and keys for unusable input
 * @throws the error of the PostgreSQL client if the database cannot be read
 */
export async function verifyLedger(options: VerifyLedgerOptions): Promise<Verification> {
  const { database, signal } = options;
  const snapshot =
    typeof database === 'string'
      ? await LedgerSession.open(database, VERIFIER, { signal })
      : await LedgerSession.within(database, VERIFIER);
  try {
    await refuseWithoutLedger(snapshot);
    const verification = await verifySnapshot(snapshot, options);
    const altered = await findAlteredImages(snapshot, options.straysFromId);
    const { unprotected: weakened, notices } = await findUnprotected(snapshot);
    const unprotected = [...altered, ...weakened];
    const warnings = [...verification.warnings, ...notices];
    const whole = { ...verification, warnings, ...(unprotected.length > 0 && { unprotected }) };
    const { witnesses, published = [], now } = options;
    if (!witnesses) return whole;
    return withWitnesses(whole, await checkWitnesses(witnesses, published, whole.size, { snapshot, now }));
  } finally {
    await snapshot.close();
  }
}

async function verifySnapshot(snapshot: LedgerSession, options: VerifyLedgerOptions): Promise<Verification> {
  const { database, verifierKeys = [], published: notes = [], since, progress, straysFromId = FIRST_ID } = options;
  const stored = verifierKeys.length > 0 || options.trust ? [] : await readStoredKeys(snapshot);
  const keys = [...verifierKeys, ...stored];
  const leaves = await countLeaves(snapshot);
  const nowMs = (options.now ?? Date.now)();
  if (keys.length === 0 && !options.trust && leaves === 0)
    return emptyVerification(await countWaiting(snapshot, nowMs), options);
  const { trust, followed } = await followKeysOfEvents(snapshot, options.trust ?? trustOf(keys));
  const newest = await readNewestHead(snapshot, trust);
  const size = newest?.size ?? leaves;
  const log = newest ? await readLogSize(snapshot, size, leaves) : { size, findings: [] };
  const kept = publishedHeads(since === undefined ? notes : [...notes, since], trust);
  if (!newest && kept.length === 0 && verifierKeys.length > 0) await refuseUnknownKeys(snapshot, verifierKeys, trust);
  const source = new DatabaseSource(snapshot, trust);
  const { acts, findings: wrongActs, parked } = await checkActs(snapshot, { trust, size, source });
  const { published, adoptions } = await explainHeads(kept, acts.values(), source, size);
  const lostKeys = describeLostKeys(await readActs(snapshot, ACT_EVENTS.key_loss.type), trust);
  const findings: Finding[] = [
    ...(await findUnkept(snapshot, size, published)),
    ...(newest ? [] : await findHeadless(snapshot, leaves)),
    ...log.findings,
    ...(await checkCosignatures(snapshot, nowMs)),
  ];
  const { lastEvents } = options;
  const known = await startOf(source, { since, progress, trust, size, newest, findings, lastEvents });
  // After a contradiction, everything is recomputed, to find where the difference begins.
  const start = (await continuesPublished(source, known, published)) ? known : EMPTY_EDGE;
  const retirements = await readRetirements(snapshot, { from: start.size, to: size }, { size, trust, nowMs });
  findings.push(...retirements.findings, ...wrongActs, ...(await checkHolds(snapshot, { acts, nowMs })));
  findings.push(...(await checkRetiredIds(snapshot, retirements.trusted)));
  const erasures = await checkErasures(snapshot, acts);
  const requested = await checkErasureRequests(snapshot, acts, nowMs);
  const open = new Set(
    [...acts.values()].flatMap(({ number, statement }) => (requested.openIds.has(statement.erasureId) ? number : [])),
  );
  const erasing = { trusted: erasures.trusted, ended: erasures.trusted.filter((number) => !open.has(number)) };
  const archives = await checkGiven(snapshot, options.archives, { size, trust, nowMs, erasing });
  findings.push(...erasures.findings, ...requested.findings, ...archives.findings);
  const trusted = retirements.trusted.map(({ id, beforeId, isOver }) => {
    return { id, beforeId, isOver, isProven: archives.seen.some((one) => one.retirementId === id) };
  });
  const explained = { retirements: trusted, erasures: erasures.trusted };
  const { checked, unsigned } = await withSource(
    snapshot,
    {
      ...{ database, trust, explained, leaves: log.size - start.size },
      pageRows: options.pageRows,
      threads: options.trust ? undefined : options.threads,
      verifierKeys: [...keys, ...followed],
    },
    async (read) => {
      const signed = await checkLeaves(read, {
        edge: start,
        size,
        published: published.map((head) => ({ ...head, isPublished: true })),
        onChecked: keepProgress(options, trust.origin, start.size),
      });
      if (log.size <= size) return { checked: signed };
      return {
        checked: signed,
        unsigned: await checkLeaves(read, { edge: signed.edge, size: log.size, published: [] }),
      };
    },
  );
  const beyond = await findBeyond(snapshot, { size, leaves: log.size }, trust);
  const foreign = await findForeign(source, checked.edge, archives.seen);
  const { strays, misplaced } = await readStrays(snapshot, straysFromId);
  const damage = diagnose([...checked.wrong, ...(unsigned?.wrong ?? [])], strays, source);
  const waiting = await countWaiting(snapshot, nowMs);
  const isWhole = start.size === 0 && straysFromId === FIRST_ID;
  // push() could not take so many arguments.
  const wrong = [
    ...findings,
    ...checked.findings,
    ...(unsigned?.findings ?? []),
    ...beyond,
    ...foreign,
    ...misplaced,
    ...damage,
  ];
  // After findings, this check is skipped, because the counts of rows then differ anyway.
  const hidden =
    isWhole && wrong.length === 0
      ? await findHiddenRows(snapshot, { events: log.size - checked.retired, leaves: log.size })
      : [];
  const verdict = verdictOf([...wrong, ...hidden]);
  const isAny = checked.retired > 0 || options.archives !== undefined;
  const report = archiveReport(
    retirements.trusted.map(({ stated }) => stated),
    archives,
    checked,
  );
  if (verdict.verdict === 'sound') await progress?.write({ origin: trust.origin, edge: checked.edge });
  return {
    ...verdict,
    origin: trust.origin,
    size,
    checked: size - start.size,
    erased: checked.erased,
    retired: checked.retired,
    ...(isAny ? { archives: report } : {}),
    waiting: waiting.count + log.size - size,
    ...(adoptions.length > 0 ? { adoptions } : {}),
    ...(newest ? { checkpoint: newest.note } : {}),
    warnings: [
      ...(stored.length > 0 ? [KEYS_WARNING] : []),
      ...(followed.length > 0 ? [followedWarning(followed)] : []),
      ...lostKeys,
      ...adoptions.map(describeAdoption),
      ...(published.length === 0 ? [PUBLISHED_WARNING] : []),
      ...(!newest && leaves > 0 ? ['No checkpoint of the database is signed by a known key.'] : []),
      ...archivesWarning(report),
      ...requested.warnings,
      ...parked.map((act) => `The event of act ${act} is parked, so no event of the log contains the act yet.`),
      ...warningsOf(waiting, options),
    ],
  };
}

const KEYS_WARNING =
  'The keys come from the database: somebody who can rewrite the database can replace them. Give --key from a source that you trust.';
const PUBLISHED_WARNING =
  'No published checkpoint was given: verify cannot find events that were cut off at the end, or a history that was signed again with the right key. Give --checkpoint with a checkpoint from outside the database.';

/** The retirements of the whole log are used, because an archive's events may be outside of this check. */
async function checkGiven(
  snapshot: LedgerSession,
  folders: readonly string[] = [],
  { erasing, ...request }: RetirementTrust & { readonly erasing: ErasingActs },
): Promise<CheckedArchives> {
  if (folders.length === 0) return { seen: [], findings: [] };
  const { trusted } = await readRetirements(snapshot, { from: 0, to: request.size }, request);
  return checkArchives({
    folders,
    trust: request.trust,
    stated: trusted.map(({ stated }) => stated),
    erasuresOf: (path) => new ArchivedErasures(snapshot, erasing, path),
  });
}

function warningsOf(
  { count, parked, since }: WaitingEvents,
  { now = Date.now }: VerifyLedgerOptions,
): readonly string[] {
  const isLate = since !== undefined && now() - since.getTime() >= MAX_WAIT_MS;
  return [
    ...(isLate
      ? [
          `${count} event(s) wait to be sealed, the oldest since ${since.toISOString()}. Check that an application with the ledger runs, and that it does not report AUDIT_LEDGER_INCONSISTENT.`,
        ]
      : []),
    ...(parked > 0 ? [`${parked} line(s) of the inbox are parked: nestjs-audit-ledger parked lists the reasons.`] : []),
  ];
}

function emptyVerification(waiting: WaitingEvents, options: VerifyLedgerOptions): Verification {
  const emptied = (options.published ?? []).map((note): Finding => {
    const { size } = parseCheckpoint(parseNote(note).text); // the note is not verified, because an empty ledger has no key
    const what = `a checkpoint of size ${size} was given, but the ledger is empty`;
    return { kind: 'tail_truncated', table: 'audit_leaf', index: 0, lastIndex: size - 1, what };
  });
  return {
    ...NOTHING,
    ...verdictOf(emptied),
    origin: '',
    waiting: waiting.count,
    warnings: ['Nothing is sealed yet: the ledger has no leaf and no key.', ...warningsOf(waiting, options)],
  };
}

function keepProgress(
  { progress, onProgress }: VerifyLedgerOptions,
  origin: string,
  from: number,
): (soFar: CheckedSoFar) => Promise<void> {
  let keptAt = from;
  return async (soFar) => {
    onProgress?.(soFar);
    if (!progress || !soFar.edge || soFar.checked - keptAt < KEEP_EVERY) return;
    await progress.write({ origin, edge: soFar.edge });
    keptAt = soFar.checked;
  };
}
