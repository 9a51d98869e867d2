import { parseJson } from '../../../base/json/parse-json.js';
import { AuditError } from '../../../base/errors/audit.error.js';
import { canonicalJson } from '../../../base/json/canonical-json.js';
import { type ArchiveManifest, IndexDigest } from '../../keep/archive/archive-manifest.js';
import { ACT_EVENTS, verifyAct } from '../../keep/acts/act-note.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import { CLOCK_TOLERANCE_MS } from '../../store/ledger-clock.js';

/** The content of an event `audit_events_retired`. The details state the retired range of the log, and the policy of the retirement. */
export interface Announcement {
  readonly id: string;
  /** RFC 3339. */
  readonly occurredAt: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export const STATED_FIELDS = [
  'retirementId',
  'archive',
  'policy',
  'cutoff',
  'events',
  'firstIndex',
  'lastIndex',
  'indexesDigest',
  'idsDigest',
] as const satisfies readonly (keyof ArchiveManifest)[];

export type RetirementStatement = Pick<ArchiveManifest, (typeof STATED_FIELDS)[number]>;

const DAY_MS = 86_400_000;

type Carried = Partial<Omit<Announcement, 'details'>> & { type?: unknown; details?: Announcement['details'] | null };

/** Parses the announcement in an entry; `undefined` for any other entry. Does not check whether the log has the entry. */
export function parseAnnouncement(entry: Uint8Array): Announcement | undefined {
  const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
  if (!bytes.includes(ACT_EVENTS.retirement.type)) return undefined;
  try {
    const { id, type, occurredAt, details } = parseJson(bytes.toString()) as Carried; // the JSON may have any shape
    // Anyone who may add events can add an announcement with null or absent details.
    const isStated = typeof details === 'object' && details !== null;
    return type === ACT_EVENTS.retirement.type && isStated
      ? { id: String(id), occurredAt: String(occurredAt), details }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the statement of an announcement whose act was verified. */
export function parseStatement({ details }: Pick<Announcement, 'details'>): RetirementStatement {
  return details as unknown as RetirementStatement; // the ledger's key signed this statement, so retention wrote it
}

/** Returns why an announcement lacks an act with the same statement and the ledger's signature; `undefined` if it has one. Never throws. */
export function findSignatureProblem({ details }: Announcement, trust: CheckpointTrust): string | undefined {
  const { act: note, ...stated } = details;
  if (typeof note !== 'string') return 'its event contains no signed act';
  try {
    const { statement } = verifyAct(note, trust);
    const isSame = canonicalJson(statement) === canonicalJson({ ...stated, act: 'retirement' });
    return isSame ? undefined : 'its event differs from the signed act in it';
  } catch (error) {
    if (error instanceof AuditError) return `its act is invalid: ${error.message.replace(/\.$/, '')}`;
    throw error;
  }
}

/** Whether the retirement's cutoff lies as far back as the policy in the announcement requires, with a tolerance for clocks. */
export function isDue({ occurredAt, details }: Pick<Announcement, 'occurredAt' | 'details'>): boolean {
  const days = getPolicyDays(details.policy);
  const latestMs = Date.parse(occurredAt) + CLOCK_TOLERANCE_MS;
  return days > 0 && Date.parse(String(details.cutoff)) + days * DAY_MS <= latestMs;
}

function getPolicyDays(policy: unknown): number {
  try {
    return Number((parseJson(String(policy)) as { days?: unknown }).days);
  } catch {
    return 0;
  }
}

interface RetiredSpan {
  readonly first: number;
  readonly last: number;
  /** The number of missing bundles that this retirement can still explain. */
  left: number;
}

/**
 * Returns the missing bundles that announced retirements explain. Once any event of a bundle is retired, the bundle is not served. So a
 * retirement explains at most as many bundles as it has events.
 *
 * @param missing the indexes of the missing bundles, ascending
 * @param announcements the announcements by their indexes in the log. Whoever may record events can copy an act, so only the first
 *   announcement that contains an act counts for it
 */
export function findAnnouncedBundles(
  missing: readonly number[],
  announcements: ReadonlyMap<number, Announcement>,
): ReadonlySet<number> {
  const acts = new Set<unknown>();
  const isFirst = ({ details: { act } }: Announcement): boolean => !acts.has(act) && Boolean(acts.add(act));
  const spans = [...announcements]
    .toSorted(([one], [other]) => one - other)
    .flatMap(([index, announcement]) => (isFirst(announcement) ? listSpans(index, announcement) : []));
  const announced = new Set<number>();
  for (const bundle of missing) {
    const reaching = spans.filter(
      ({ first, last, left }) => left > 0 && first < (bundle + 1) * TILE_WIDTH && last >= bundle * TILE_WIDTH,
    );
    // Uses the retirement that ends first, because the other retirements can also explain later bundles.
    const [span] = reaching.sort((one, other) => one.last - other.last);
    if (!span) continue;
    span.left -= 1;
    announced.add(bundle);
  }
  return announced;
}

function listSpans(index: number, announcement: Announcement): readonly RetiredSpan[] {
  const { events, firstIndex: first, lastIndex: last, indexesDigest } = announcement.details;
  if (![events, first, last].every(Number.isSafeInteger) || !isDue(announcement)) return [];
  const span = { first: Number(first), last: Number(last), left: Number(events) };
  const width = span.last - span.first + 1;
  if (span.first < 0 || span.last >= index || span.left > width) return [];
  // The digest can be checked only if all events of the range are retired.
  return span.left < width || digestSpan(span) === indexesDigest ? [span] : [];
}

function digestSpan({ first, last }: RetiredSpan): string {
  const digest = new IndexDigest();
  digest.add(first, last);
  return digest.finish();
}
