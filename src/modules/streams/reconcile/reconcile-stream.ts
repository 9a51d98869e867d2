import { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { publishedHeads } from '../../monitoring/verify/read-heads.js';
import { trustOf } from '../../monitoring/verify/judge-checkpoint.js';
import { followedWarning } from '../../monitoring/verify/known-keys.js';
import type { StreamFilter } from '../selection.js';
import { checkChain, type Covered } from './batch-chain.js';
import { checkPlaces, joinPlaces, rangesOf, type SelectedPlaces } from './check-places.js';
import { CopyCheck, type CopyCounts } from './copy-check.js';
import { CopyFindings, type CopyFinding } from './copy-finding.js';
import { checkRoots, LeafFile } from './leaf-file.js';
import { openReceived, type ReceivedCopy } from './read-received.js';
import { SentByLedger, type SentSoFar } from './sent-by-ledger.js';

/** The copy and the stream to compare. */
export interface ReconcileStreamOptions {
  readonly stream: string;
  /** A file, a folder, or `-` for the standard input. */
  readonly received: string;
  /** The URL of the ledger's database, with a role that may read it. Absent to compare offline. */
  readonly database?: string;
  /** The ledger's verifier keys. If the list is empty, the function uses the keys in the database, and the result has a warning. */
  readonly verifierKeys: readonly string[];
  /** Signed checkpoints from another source than the copy. */
  readonly published?: readonly string[];
  /** The stream's filter, for events without their batches. A batch states its own filter. */
  readonly filter?: StreamFilter;
  /** The first sequence number to compare. @defaultValue the beginning of the stream */
  readonly from?: number;
  /** The sequence number after the last event to compare. @defaultValue the stream's position */
  readonly until?: number;
  readonly onProgress?: (places: number, total: number) => void;
}

/** The result of comparing a copy with the ledger. */
export interface StreamReconciliation {
  /** `undecided`: nothing is wrong, but neither the ledger nor a signed checkpoint proves that the copy is complete. */
  readonly verdict: 'proven' | 'refuted' | 'undecided';
  readonly stream: string;
  readonly counts: Readonly<CopyCounts> & { readonly replaced: number; readonly torn: number };
  /** The number of sequence numbers that were compared with the ledger; absent offline. */
  readonly compared?: number;
  /** The size up to which a signed checkpoint proves that the copy is complete; 0 without such a checkpoint. */
  readonly rootSize: number;
  readonly findings: readonly CopyFinding[];
  readonly totalFindings: number;
  /** Sentences about facts that are not proven. */
  readonly notes: readonly string[];
}

/**
 * Compares a receiver's copy of a stream with the ledger. Without a database, the function compares the copy with itself and with signed
 * checkpoints. The ledger itself is trusted: `verify` checks it. The comparison needs about 300 bytes of memory for each batch, and 32
 * bytes of a temporary file for each event.
 *
 * @throws StreamUnknownError (`AUDIT_STREAM_UNKNOWN`), VerifyRequestError (`AUDIT_VERIFY_REQUEST_INVALID`) without a key, the system's error
 *   for an unreadable copy, LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
 */
export async function reconcileStream(options: ReconcileStreamOptions): Promise<StreamReconciliation> {
  const { database, received } = options;
  const copy = await openReceived(received);
  const leaves = new LeafFile();
  const reader =
    database === undefined ? undefined : new LedgerReader({ connectionUrl: database, maxReadConnections: 1 });
  try {
    return await reconcile(options, copy, leaves, reader && new SentByLedger(reader));
  } finally {
    leaves.close();
    await reader?.onApplicationShutdown();
  }
}

async function reconcile(
  options: ReconcileStreamOptions,
  copy: ReceivedCopy,
  leaves: LeafFile,
  ledger: SentByLedger | undefined,
): Promise<StreamReconciliation> {
  const { stream, verifierKeys, published = [], from, until, onProgress } = options;
  const notes: string[] = [];
  const named = verifierKeys.length > 0 ? verifierKeys : ((await ledger?.keys()) ?? []);
  if (verifierKeys.length === 0 && ledger)
    notes.push('the keys come from the database: give --key to use keys of another source');
  const { trust, followed } = ledger ? await ledger.follow(trustOf(named)) : { trust: trustOf(named), followed: [] };
  if (followed.length > 0) notes.push(followedWarning(followed));
  const sent = await ledger?.progress(stream, trust); // read before the copy, because the copy must have all batches that are acknowledged now
  const selections = await ledger?.selections(stream, trust);
  const findings = new CopyFindings();
  const check = new CopyCheck(stream, trust, leaves, findings, selections);
  const total = until ?? sent?.looked ?? 0;
  for await (const item of copy.items()) {
    check.take(item);
    onProgress?.(check.counts.events, Math.max(total, check.counts.events));
  }
  const linked = check.chain.link(sent?.previousHash);
  const replays = joinPlaces(check.replays);
  const isReplayed = (first: number, last: number): boolean =>
    replays.some((each) => each.first <= first && last < each.end);
  const covered = checkChain(linked, { from, isOrdered: copy.isOrdered, isReplayed }, findings);
  if (!sent || !isReplayed(covered.end, sent.position - 1)) checkEnd(options, { sent, covered, check }, findings);
  const heads = publishedHeads(published, trust);
  const rootSize = checkRoots(leaves, [...check.heads, ...heads], findings);
  let compared: number | undefined;
  if (ledger && sent) {
    const ranges = rangesToCompare(options, covered, check, sent);
    const places = { leaves, retired: check.retired };
    const done = await checkPlaces(ranges, places, ledger, findings, (each) =>
      onProgress?.(each, Math.max(total, each)),
    );
    ({ compared } = done);
    if (done.unjudged > 0) {
      notes.push(`${done.unjudged} events are retired: nothing shows whether the filter selected them`);
    }
  } else {
    const end = Math.max(0, ...heads.map(({ size }) => size));
    const copied = Math.max(covered.end, leaves.end);
    if (end > copied && until === undefined) {
      const at = { index: copied, lastIndex: end - 1 };
      findings.add('missing', at, 'the given checkpoint has more events than the copy');
    }
    notes.push(...notesOffline(rootSize, copied));
  }
  notes.push(...notesOfCopy(check, copy));
  const isShown = compared === undefined ? rootSize > 0 : true;
  return {
    verdict: findings.total > 0 ? 'refuted' : isShown ? 'proven' : 'undecided',
    stream,
    counts: { ...check.counts, replaced: linked.replaced.length, torn: copy.torn() },
    ...(compared === undefined ? {} : { compared }),
    rootSize,
    findings: findings.shown,
    totalFindings: findings.total,
    notes,
  };
}

interface Seen {
  readonly sent: SentSoFar | undefined;
  readonly covered: Covered;
  readonly check: CopyCheck;
}

function checkEnd({ until }: ReconcileStreamOptions, { sent, covered, check }: Seen, findings: CopyFindings): void {
  if (!sent || until !== undefined || sent.previousHash === '' || check.chain.has(sent.previousHash)) return;
  if (check.chain.size === 0 && check.hasLooseEvents) return; // for a copy without batches, checkPlaces compares each event
  if (covered.end < sent.position) {
    const what = 'the receiver acknowledged these events, but no batch of the copy covers them';
    findings.add('missing', { index: covered.end, lastIndex: sent.position - 1 }, what);
    return;
  }
  const what = 'the last batch that the receiver acknowledged is not in the copy, or was altered';
  findings.add('altered', { index: Math.max(sent.position - 1, 0) }, what);
}

function rangesToCompare(
  { from, until, filter = {} }: ReconcileStreamOptions,
  covered: Covered,
  check: CopyCheck,
  { looked }: SentSoFar,
): readonly SelectedPlaces[] {
  const loose = [{ first: 0, end: Math.max(looked, 0), selections: [{ filter, access: { scope: 'all' } as const }] }];
  const ranges =
    check.chain.size === 0 && check.hasLooseEvents ? loose : rangesOf([...covered.heads, ...check.replays]);
  return ranges
    .map(({ first, end, selections }) => ({
      ...{ first: Math.max(first, from ?? 0), end: Math.min(end, until ?? Infinity), selections },
    }))
    .filter(({ first, end }) => first < end);
}

function notesOffline(rootSize: number, copied: number): readonly string[] {
  const first =
    rootSize > 0
      ? `checked without the ledger: the events before ${rootSize} are the events of a signed checkpoint`
      : 'checked without the ledger: no signed checkpoint has the root of the copy’s events. This is normal for a stream with a filter, but a forged copy would look the same';
  return [
    first,
    ...(rootSize > 0 && copied > rootSize
      ? [`for the events from ${rootSize} on, only the chain of the batches was checked`]
      : []),
  ];
}

function notesOfCopy(
  { counts, hasLooseEvents, looseSteps }: CopyCheck,
  { isOrdered }: ReceivedCopy,
): readonly string[] {
  return [
    ...(hasLooseEvents ? ['the copy has events without batches, so the chain of the batches cannot be checked'] : []),
    ...(looseSteps > 0
      ? [`${looseSteps} events follow a later event: an export need not have the order of arrival`]
      : []),
    ...(counts.personalUnproven > 0
      ? [`${counts.personalUnproven} events have pseudonyms: their facts are proven, their pseudonyms are not`]
      : []),
    ...(isOrdered || counts.batches === 0
      ? []
      : ['the files of a folder do not show the order in which the batches arrived']),
  ];
}
