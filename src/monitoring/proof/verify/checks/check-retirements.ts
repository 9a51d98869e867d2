import { IndexDigest, IdDigest } from '../../../keep/archive/archive-manifest.js';
import { createFirstIdAt } from '../../../store/id-time.js';
import { hashLeaf, isSameHash } from '../../log/merkle/hashes.js';
import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import {
  isDue,
  parseAnnouncement,
  parseStatement,
  findSignatureProblem,
  type Announcement,
  type RetirementStatement,
} from '../announcement.js';
import { CLOCK_TOLERANCE_MS } from '../../../store/ledger-clock.js';
import type { Finding } from '../finding.js';
import { tableCheck, type CheckResult, type OpenedLog } from '../check.js';
import type { LeafSpan, RetirementRange } from '../sources/log-source.js';
import { checkStart } from './check-start.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';

interface TrustedRetirement extends RetirementRange {
  readonly stated: RetirementStatement;
}

const RETIREMENTS = `
  SELECT r.id, r.partition, r.policy, extract(epoch FROM r.cutoff) * 1000 AS cutoff, r.events, r.first_index, r.last_index,
         r.indexes_digest, r.archive, r.event_id, r.entry, r.state, leaf.leaf_hash,
         (SELECT extract(epoch FROM signed_at) * 1000 FROM audit_checkpoint WHERE size > leaf.index ORDER BY size LIMIT 1) AS sealed_ms
    FROM audit_retirement r
    LEFT JOIN audit_leaf leaf ON leaf.event_id = r.event_id AND leaf.index >= 0 AND leaf.index < $3 AND leaf.index = leaf.index::bigint
   WHERE r.state IN ('announced', 'retired') AND coalesce(r.last_index, $1) >= $1 AND coalesce(r.first_index, $2 - 1) < $2 ORDER BY r.planned_at, r.id`;

const SELECT_RANGES = `
  SELECT first_index, last_index FROM audit_retired_range WHERE retirement_id = $1 ORDER BY first_index`;

interface CheckedRetirements extends CheckResult {
  readonly trusted: readonly TrustedRetirement[];
}

/** Compares the retirements of the recomputed events with the log; with archives, those of all events. */
export const checkRetirements = tableCheck<CheckedRetirements>({ trusted: [] }, async (tables, run) => {
  const { log } = run;
  const from = log.options.archives ? 0 : (await run.of(checkStart)).edge.size;
  const { trusted, findings } = await readRetirements(tables, { from, to: log.size }, log);
  return { trusted, findings: [...findings, ...(await findOtherIds(tables, trusted))] };
});

/**
 * Reads the accepted retirements of a range. An event of the log must announce each retirement, with a signed act for exactly the retired
 * events. All retired events must be old enough for the policy. Retirements that fail these checks are findings, and do not explain
 * a missing event.
 */
export async function readRetirements(
  snapshot: LedgerSession,
  { from, to }: LeafSpan,
  { size, trust, nowMs }: Pick<OpenedLog, 'size' | 'trust' | 'nowMs'>,
): Promise<{ readonly trusted: readonly TrustedRetirement[]; readonly findings: readonly Finding[] }> {
  const trusted: TrustedRetirement[] = [];
  const findings: Finding[] = [];
  for (const row of await snapshot.rows(RETIREMENTS, [from, to, size])) {
    const at = { table: 'audit_retirement', index: Number(row.first_index), lastIndex: Number(row.last_index) };
    const announcement = checkAnnouncement(row, trust, nowMs);
    if (typeof announcement === 'string') {
      findings.push({ ...at, kind: 'retirement_forged', what: `${String(row.id)}: ${announcement}` });
    } else if (
      !isAnnounced(row, announcement) ||
      (await digestRanges(snapshot, String(row.id))) !== row.indexes_digest
    ) {
      const what = `${String(row.id)}: its row or its ranges differ from the event that announces it`;
      findings.push({ ...at, kind: 'retirement_altered', what });
    } else {
      const beforeId = createFirstIdAt(new Date(Number(row.cutoff)));
      const isOver = row.state === 'retired';
      trusted.push({ id: String(row.id), beforeId, isOver, stated: parseStatement(announcement) });
    }
  }
  return { trusted, findings };
}

function checkAnnouncement(
  { entry, leaf_hash: leafHash, sealed_ms: sealedMs }: LedgerRow,
  trust: CheckpointTrust,
  nowMs: number,
): Announcement | string {
  if (!Buffer.isBuffer(entry)) return 'no event announces it';
  if (!Buffer.isBuffer(leafHash)) return 'the event that should announce it is not in the log';
  if (!isSameHash(hashLeaf(entry), leafHash)) return 'the event that announces it differs from the log';
  const announcement = parseAnnouncement(entry);
  if (!announcement) return 'the event that should announce it has another type';
  const latestMs = Math.min(nowMs, Number(sealedMs ?? nowMs)) + CLOCK_TOLERANCE_MS;
  if (!(Date.parse(announcement.occurredAt) <= latestMs)) {
    return 'the event that announces it is later than the checkpoint that covers it, or in the future';
  }
  return findSignatureProblem(announcement, trust) ?? announcement;
}

function isAnnounced(row: LedgerRow, event: Announcement): boolean {
  const { details } = event;
  const same =
    event.id === row.event_id &&
    details.retirementId === row.id &&
    details.policy === row.policy &&
    details.partition === row.partition &&
    details.archive === row.archive &&
    details.events === Number(row.events) &&
    details.firstIndex === Number(row.first_index) &&
    details.lastIndex === Number(row.last_index) &&
    details.indexesDigest === row.indexes_digest &&
    Date.parse(String(details.cutoff)) === Number(row.cutoff);
  return same && isDue(event);
}

/** Returns the digest of a retirement's ranges, for a comparison with the act. Rejects with the error of the PostgreSQL client. */
export async function digestRanges(snapshot: LedgerSession, id: string): Promise<string> {
  const digest = new IndexDigest();
  await snapshot.eachText(SELECT_RANGES, [id], 'verify_retired_ranges', ([first, last]) =>
    digest.add(Number(first), Number(last)),
  );
  return digest.finish();
}

const IDS = `
  SELECT leaf.index, leaf.event_id FROM audit_retired_range r
    JOIN audit_leaf leaf ON leaf.index BETWEEN r.first_index AND r.last_index
   WHERE r.retirement_id = $1 AND leaf.index = leaf.index::bigint ORDER BY leaf.index`;

/** Compares the ids in retired events' leaves with the acts, because no row of these events is left. */
async function findOtherIds(
  snapshot: LedgerSession,
  retirements: readonly TrustedRetirement[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { id, stated } of retirements) {
    const ids = new IdDigest();
    await snapshot.eachText(IDS, [id], 'verify_retired_ids', ([index, eventId]) =>
      ids.add(Number(index), eventId ?? ''),
    );
    // Another check reports a missing or a duplicate leaf.
    if (ids.count !== stated.events || ids.finish() === stated.idsDigest) continue;
    const what = `the event_id of a leaf in the retirement ${id} was changed: its act states other ids`;
    const range = { index: stated.firstIndex, lastIndex: stated.lastIndex };
    findings.push({ kind: 'leaf_altered', table: 'audit_leaf', ...range, what });
  }
  return findings;
}
