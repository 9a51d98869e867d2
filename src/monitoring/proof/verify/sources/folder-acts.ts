import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../../../../base/json/parse-json.js';
import { ACT_HEADER } from '../../../keep/acts/act-note.js';
import { undefinedIfRejected } from '../../../errors/undefined-if-rejected.js';
import { undefinedIfMissing, readRegular } from '../../../errors/file-error.js';
import { parseCheckpoint } from '../../log/notes/checkpoint.js';
import { parseNote } from '../../log/notes/signed-note.js';
import { hashLeaf } from '../../log/merkle/hashes.js';
import { encodeHex } from '../../log/notes/encoding.js';
import { decodeBundle, MAX_BUNDLE_BYTES } from '../../log/tiles/entry-bundle.js';
import { TILE_WIDTH, computeTileWidth } from '../../log/tiles/tile-address.js';
import { formatTilePath } from '../../log/tiles/tile-path.js';
import { parseAnnouncement, type Announcement } from '../announcement.js';

interface FolderAct {
  readonly type: string;
  readonly eventId: string;
  readonly note: string;
  /** The id of the event's actor, if the id is a fact. */
  readonly by?: string;
}

/** Nothing is verified here, so check each act's signatures. */
export interface FolderActs {
  readonly acts: readonly FolderAct[];
  /** The announcements of retirements, by their leaf hashes in hexadecimal. */
  readonly announcements: ReadonlyMap<string, Announcement>;
}

/**
 * Reads the acts in the entries of a downloaded log. The entries are in bundles, and in the files of `retirements/`, which contain
 * announcements from missing bundles.
 *
 * @param checkpoint the note that states the size of the log; if it cannot be read, only `retirements/` is read
 */
export async function readFolderActs(folder: string, checkpoint: string): Promise<FolderActs> {
  const size = parseSize(checkpoint);
  const acts: FolderAct[] = [];
  const announcements = new Map<string, Announcement>();
  const add = (entry: Buffer): void => {
    acts.push(...parseActs(entry));
    const announcement = parseAnnouncement(entry);
    if (announcement) announcements.set(encodeHex(hashLeaf(entry)), announcement);
  };
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = computeTileWidth(0, index, size);
    const bundle = await undefinedIfMissing(
      readRegular(join(folder, formatTilePath({ level: 'entries', index, width })), MAX_BUNDLE_BYTES),
    );
    if (!bundle && !(await undefinedIfMissing(readRegular(join(folder, formatTilePath({ level: 0, index, width }))))))
      break; // the log may be shorter, because the size is not trusted yet
    if (!bundle?.includes(ACT_HEADER)) continue;
    for (const entry of splitEntries(bundle, width)) add(Buffer.from(entry));
  }
  for (const name of (await undefinedIfMissing(readdir(join(folder, 'retirements')))) ?? []) {
    const text = (await readRegular(join(folder, 'retirements', name))).toString();
    add(Buffer.from(text.trimEnd()));
  }
  return { acts: omitDuplicates(acts), announcements };
}

/** Copies exist because separate files repeat acts of bundles, and because whoever may record events can copy an act. */
function omitDuplicates(acts: readonly FolderAct[]): readonly FolderAct[] {
  const seen = new Set<string>();
  return acts.filter(({ note }) => !seen.has(note) && seen.add(note));
}

function parseSize(checkpoint: string): number {
  return undefinedIfRejected(() => parseCheckpoint(parseNote(checkpoint).text).size) ?? 0;
}

function splitEntries(bundle: Uint8Array, width: number): readonly Uint8Array[] {
  return undefinedIfRejected(() => decodeBundle(bundle, width)) ?? []; // the check of the leaves reports problems
}

interface ActEvent {
  readonly id?: unknown;
  readonly type?: unknown;
  readonly actor?: { readonly id?: unknown };
  readonly details?: { readonly act?: unknown };
}

function parseActs(entry: Buffer): readonly FolderAct[] {
  if (!entry.includes(ACT_HEADER)) return [];
  try {
    const event = parseJson(entry.toString()) as ActEvent; // the entry may have any shape
    const note = event.details?.act;
    if (typeof note !== 'string' || !note.startsWith(ACT_HEADER)) return [];
    const by = event.actor?.id;
    return [{ type: String(event.type), eventId: String(event.id), note, ...(typeof by === 'string' ? { by } : {}) }];
  } catch {
    return [];
  }
}
