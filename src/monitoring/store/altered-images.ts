import type { JsonObject } from '../../audit/nest-free.js';
import { digestOfImages, parseExactly } from './row-images.js';
import type { LedgerQueries } from './sessions/ledger-session.js';
import { hasRoom } from './sessions/has-room.js';
import { FIRST_ID } from './id-time.js';

const PAGE = 200;
const MOST_NAMED = 20;

const IMAGES = `
  SELECT image.event_id AS id, image.before::text, image.after::text,
         coalesce(event.personal ->> '/details/imagesDigest', event.details ->> 'imagesDigest') AS digest
    FROM audit_row_image image JOIN audit_event event ON event.id = image.event_id
   WHERE image.event_id >= $1::uuid AND image.event_id IS DISTINCT FROM $2::uuid ORDER BY image.event_id LIMIT ${PAGE}`;

/**
 * Names at most 20 events whose row images differ from the digest in the event, a sentence each. Rejects with the error of the PostgreSQL
 * client.
 */
export async function findAlteredImages(snapshot: LedgerQueries, fromId = FIRST_ID): Promise<readonly string[]> {
  if (!(await hasRoom(snapshot, 'row-changes'))) return [];
  const altered: string[] = [];
  let [from, last]: [string, string | null] = [fromId, null];
  for (;;) {
    const rows = await snapshot.rows(IMAGES, [from, last]);
    altered.push(...rows.filter(isAltered).map(({ id }) => String(id)));
    if (rows.length < PAGE || altered.length >= MOST_NAMED) return altered.slice(0, MOST_NAMED).map(sentenceOf);
    from = last = String(rows.at(-1)?.id);
  }
}

function sentenceOf(id: string): string {
  return `The row images of event ${id} differ from the sealed images: somebody changed them in audit_row_image. Restore them from a backup.`;
}

function isAltered({ before, after, digest }: Readonly<Record<string, unknown>>): boolean {
  try {
    return digestOfImages({ before: imageOf(before), after: imageOf(after) }) !== digest;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return true;
    throw error;
  }
}

function imageOf(text: unknown): JsonObject | undefined {
  return typeof text === 'string' ? (parseExactly(text) as JsonObject) : undefined; // a JSON column
}
