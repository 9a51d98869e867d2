import { IndexDigest } from '../archive/line-tally.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import { isDue, type Announcement } from './announcement.js';

interface RetiredSpan {
  readonly first: number;
  readonly last: number;
  /** How many of its events may still lie in a missing bundle. */
  left: number;
}

/**
 * The missing bundles that announced retirements explain: an event of each may have been retired. A bundle is no longer served once one of
 * its events is retired, so there are never more such bundles than announced events.
 *
 * @param missing indexes of bundles, ascending
 * @param announcements by their places in the log
 */
export function announcedBundles(
  missing: readonly number[],
  announcements: ReadonlyMap<number, Announcement>,
): ReadonlySet<number> {
  const spans = [...announcements].flatMap(([index, announcement]) => spanOf(index, announcement));
  const announced = new Set<number>();
  for (const bundle of missing) {
    const reaching = spans.filter(
      ({ first, last, left }) => left > 0 && first < (bundle + 1) * TILE_WIDTH && last >= bundle * TILE_WIDTH,
    );
    // Takes the one that ends first, since it is useless to a later bundle.
    const [span] = reaching.sort((one, other) => one.last - other.last);
    if (!span) continue;
    span.left -= 1;
    announced.add(bundle);
  }
  return announced;
}

function spanOf(index: number, announcement: Announcement): readonly RetiredSpan[] {
  const { events, firstIndex: first, lastIndex: last, indexesDigest } = announcement.details;
  if (![events, first, last].every(Number.isSafeInteger) || !isDue(announcement)) return [];
  const span = { first: Number(first), last: Number(last), left: Number(events) };
  const places = span.last - span.first + 1;
  if (span.first < 0 || span.last >= index || span.left > places) return [];
  // The digest can be checked only if all of its places are missing.
  return span.left < places || digestOf(span) === indexesDigest ? [span] : [];
}

function digestOf({ first, last }: RetiredSpan): string {
  const digest = new IndexDigest();
  digest.add(first, last);
  return digest.finish();
}
