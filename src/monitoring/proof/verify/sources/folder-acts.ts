import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../../../../audit/plain.js';
import { ACT_HEADER, actOf } from '../../../keep/acts/act-note.js';
import { unlessRefused } from '../../../errors/unless-refused.js';
import { orNone } from '../../../errors/file-error.js';
import { parseCheckpoint } from '../../log/notes/checkpoint.js';
import { parseNote } from '../../log/notes/signed-note.js';
import { hashLeaf } from '../../log/merkle/hashes.js';
import { encodeHex } from '../../log/notes/encoding.js';
import { decodeBundle } from '../../log/tiles/entry-bundle.js';
import { TILE_WIDTH, tileWidth } from '../../log/tiles/tile-address.js';
import { tilePath } from '../../log/tiles/tile-path.js';
import { ActCheck, Roots, type ActTrust } from '../checks/check-acts.js';
import { parseAnnouncement, type Announcement } from '../announcement.js';
import type { Finding } from '../finding.js';
import type { KnownAct } from '../checks/check-published.js';
import { readLogFile } from './folder-source.js';

interface FolderAct {
  readonly type: string;
  readonly eventId: string;
  readonly note: string;
  /** The id of the event's actor, if the id is a fact. */
  readonly by?: string;
}

const ENTRIES = 'tile/entries';

/** Nothing is verified here, so check each act's signatures. */
interface FolderActs {
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
  const size = sizeOf(checkpoint);
  const acts: FolderAct[] = [];
  const announcements = new Map<string, Announcement>();
  const add = (entry: Buffer): void => {
    acts.push(...actsOf(entry));
    const announcement = parseAnnouncement(entry);
    if (announcement) announcements.set(encodeHex(hashLeaf(entry)), announcement);
  };
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = tileWidth(0, index, size);
    const bundle = await orNone(readLogFile(join(folder, tilePath({ level: 'entries', index, width }))));
    if (!bundle && !(await orNone(readLogFile(join(folder, tilePath({ level: 0, index, width })))))) break; // the log may be shorter, because the size is not trusted yet
    if (!bundle?.includes(ACT_HEADER)) continue;
    for (const entry of entriesOf(bundle, width)) add(Buffer.from(entry));
  }
  for (const name of (await orNone(readdir(join(folder, 'retirements')))) ?? []) {
    const text = (await readLogFile(join(folder, 'retirements', name))).toString();
    add(Buffer.from(text.trimEnd()));
  }
  return { acts: withoutCopies(acts), announcements };
}

interface CheckedFolderActs {
  readonly acts: readonly KnownAct[];
  readonly findings: readonly Finding[];
  readonly missing: readonly Finding[];
}

/**
 * Compares the signed acts of a log with each other, and with the log's trees. The caller decides whether missing numbers of acts are
 * findings.
 */
export async function checkFolderActs(
  carried: readonly FolderAct[],
  { trust, size, source }: ActTrust,
): Promise<CheckedFolderActs> {
  const signed = carried.flatMap((one) => {
    const act = actOf(one.note, trust);
    return act ? [{ act, position: { number: act.number, note: one.note, eventId: one.eventId, by: one.by } }] : [];
  });
  const check = new ActCheck(ENTRIES);
  for (const { act, position } of signed.toSorted((one, other) => one.act.number - other.act.number))
    check.add(position, act);
  const acts = await check.finish(new Roots(source, size));
  return { acts: [...acts.values()], findings: check.findings, missing: check.missing };
}

/** Copies exist because separate files repeat acts of bundles, and because whoever may record events can copy an act. */
function withoutCopies(acts: readonly FolderAct[]): readonly FolderAct[] {
  const seen = new Set<string>();
  return acts.filter(({ note }) => !seen.has(note) && seen.add(note));
}

function sizeOf(checkpoint: string): number {
  return unlessRefused(() => parseCheckpoint(parseNote(checkpoint).text).size) ?? 0;
}

function entriesOf(bundle: Uint8Array, width: number): readonly Uint8Array[] {
  return unlessRefused(() => decodeBundle(bundle, width)) ?? []; // the check of the leaves reports problems
}

interface CarryingEvent {
  readonly id?: unknown;
  readonly type?: unknown;
  readonly actor?: { readonly id?: unknown };
  readonly details?: { readonly act?: unknown };
}

function actsOf(entry: Buffer): readonly FolderAct[] {
  if (!entry.includes(ACT_HEADER)) return [];
  try {
    const event = parseJson(entry.toString()) as CarryingEvent; // the entry may have any shape
    const note = event.details?.act;
    if (typeof note !== 'string' || !note.startsWith(ACT_HEADER)) return [];
    const by = event.actor?.id;
    return [{ type: String(event.type), eventId: String(event.id), note, ...(typeof by === 'string' ? { by } : {}) }];
  } catch {
    return [];
  }
}
