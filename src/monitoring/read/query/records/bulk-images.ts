import { diffValues, type AuditChanges, type AuditEvent, type JsonObject } from '../../../../audit/nest-free.js';
import { digestOfImages, parseExactly } from '../../../store/row-images.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import { hasRoom } from '../../../store/sessions/has-room.js';
import { objectOf } from './row-change.js';

const IMAGES = 'SELECT event_id, before::text, after::text FROM audit_row_image WHERE event_id = ANY ($1::uuid[])';

/**
 * Adds `changes` to the events of bulk statements; the row images of these events are stored in another table. Leaves out images that do
 * not match the digest in their event, and images that the caller may not see. Rejects with the error of the PostgreSQL client.
 *
 * @param rows runs an SQL query with the caller's access
 */
export async function joinImages<Event extends AuditEvent>(
  events: readonly Event[],
  rows: (text: string, values: readonly unknown[]) => Promise<readonly LedgerRow[]>,
): Promise<readonly Event[]> {
  const ids = events.filter(hasImagesApart).map(({ id }) => id);
  if (ids.length === 0 || !(await hasRoom({ rows: async (text, values = []) => rows(text, values) }, 'row-changes')))
    return events;
  const found = new Map((await rows(IMAGES, [ids])).map((row) => [String(row.event_id), row]));
  return events.map((event) => {
    const row = found.get(event.id);
    const changes = row && changesOf(row, event.details.imagesDigest);
    return changes ? { ...event, changes } : event;
  });
}

/** Whether the event has a digest of its row images instead of the images. */
export function hasImagesApart({ details, changes }: Pick<AuditEvent, 'details' | 'changes'>): boolean {
  return details.imagesApart === true && changes === undefined;
}

function changesOf(row: LedgerRow, digest: unknown): AuditChanges | undefined {
  const [before, after] = [imageOf(row.before), imageOf(row.after)];
  if (digestOfImages({ before, after }) !== digest) return undefined;
  return {
    ...(before && { before }),
    ...(after && { after }),
    ...(before && after && { diff: diffValues(before, after) }),
  };
}

function imageOf(text: unknown): JsonObject | undefined {
  return typeof text === 'string' ? objectOf(parseExactly(text) as JsonObject) : undefined; // a JSON column
}
