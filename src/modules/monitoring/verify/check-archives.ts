import { basename, dirname, join, resolve } from 'node:path';
import type { ArchiveManifest } from '../archive/archive-manifest.js';
import type { ArchiveStore } from '../archive/archive-store.js';
import { FolderArchiveStore } from '../archive/folder-archive-store.js';
import { verifyArchive } from '../archive/verify-archive.js';
import { readText } from '../archive/read-archive.js';
import { MANIFEST } from '../archive/write-archive.js';
import type { TreeHead } from '../log/merkle/consistency.js';
import { verifyCheckpoint, type CheckpointTrust } from '../log/notes/checkpoint.js';
import type { TreeEdge } from '../log/tiles/tree-edge.js';
import type { StatedRetirement } from './announcement.js';
import type { ArchivedErasures } from './archived-erasures.js';
import { continuesPublished } from './continues-published.js';
import type { Finding, FindingKind } from './finding.js';
import type { LogSource } from './log-reading.js';
import { VerifyRequestError } from './verify-request.error.js';

/** What the archives that were given prove of the retired events, and which archives were not given. */
export interface ArchiveReport {
  /** Retired events whose archive was read and is sound, as far as their places were checked. */
  readonly proven: number;
  /** Retired events that rest on other archives. */
  readonly unseen: number;
  /** The names of the sound ones. */
  readonly seen: readonly string[];
  /** The names of those that acts of retirement name, and that were not given. */
  readonly missing: readonly string[];
}

/** An archive that is sound in itself, and that the act of its retirement is of. */
export interface SeenArchive {
  readonly path: string;
  readonly retirementId: string;
  /** How many of its places were to be counted. */
  readonly counted: number;
  /** Of its checkpoint: the log must have this tree. */
  readonly head: TreeHead;
  /** Its events that no act erased, and that are without their personal part. */
  readonly unsigned: readonly Finding[];
}

/** The archives that were given, held against the acts of retirement. */
export interface CheckedArchives {
  readonly seen: readonly SeenArchive[];
  readonly findings: readonly Finding[];
}

/** What archives are held against. */
export interface ArchiveDemand {
  readonly folders: readonly string[];
  readonly trust: CheckpointTrust;
  /** What the acts state that were accepted. */
  readonly stated: readonly StatedRetirement[];
  /** Which of its places to count. @defaultValue none */
  readonly counts?: (index: number) => boolean;
  /** What holds its erased events against the acts of erasures. @defaultValue nothing: files have no list of them */
  readonly erasuresOf?: (path: string) => ArchivedErasures;
}

/** What a manifest and the act of its retirement both say. */
const SAID = [
  'archive',
  'policy',
  'cutoff',
  'events',
  'firstIndex',
  'lastIndex',
  'indexesDigest',
  'idsDigest',
] as const satisfies readonly (keyof StatedRetirement & keyof ArchiveManifest)[];

/**
 * Verifies each archive by itself, and holds its manifest against the act of the retirement that it names.
 *
 * @param demand each folder is an archive, or holds some
 * @throws VerifyRequestError (`AUDIT_VERIFY_REQUEST_INVALID`) for a folder without an archive; else what the system rejects with
 */
export async function checkArchives(demand: ArchiveDemand): Promise<CheckedArchives> {
  const seen: SeenArchive[] = [];
  const findings: Finding[] = [];
  for (const folder of demand.folders) {
    const { store, archives } = await archivesIn(folder);
    for (const archive of archives) {
      const checked = await checkArchive(store, archive, demand);
      if ('findings' in checked) findings.push(...checked.findings);
      else {
        seen.push(checked);
        findings.push(...checked.unsigned);
      }
    }
  }
  return { seen, findings };
}

/** Names the archives whose tree is not one that the log continues. Rejects with what the source does. */
export async function findForeign(
  source: Pick<LogSource, 'readTile'>,
  edge: TreeEdge,
  seen: readonly SeenArchive[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { path, head } of seen) {
    if (head.size <= edge.size && (await continuesPublished(source, edge, [head]))) continue;
    const tree = `${head.size}, and the log does not continue it`;
    findings.push({ kind: 'archive_foreign', table: path, what: `its events are proven by a tree of size ${tree}` });
  }
  return findings;
}

/** What is shown of all this. @param retired how many there are in all, and how many of them are proven */
export function archiveReport(
  stated: readonly StatedRetirement[],
  { seen }: Pick<CheckedArchives, 'seen'>,
  { retired, proven }: { readonly retired: number; readonly proven: number },
): ArchiveReport {
  const ids = new Set(seen.map(({ retirementId }) => retirementId));
  const names = (isSeen: boolean): readonly string[] => [
    ...new Set(stated.filter(({ retirementId }) => ids.has(retirementId) === isSeen).map(({ archive }) => archive)),
  ];
  return { proven, unseen: retired - proven, seen: names(true), missing: names(false) };
}

/** For people. Nothing where all is proven. */
export function archivesWarning({ unseen, missing }: ArchiveReport): readonly string[] {
  if (unseen === 0) return [];
  const [first = '', ...others] = missing;
  const which = others.length > 0 ? `${first} and ${others.length} more` : first;
  return [
    `${unseen} retired event(s) rest on archives that this check did not read (${which}): give them by --archives, to have each event proven.`,
  ];
}

interface FoundArchive {
  readonly path: string;
  /** In its store. */
  readonly name: string;
}

async function archivesIn(
  folder: string,
): Promise<{ readonly store: ArchiveStore; readonly archives: readonly FoundArchive[] }> {
  const root = resolve(folder);
  const store = new FolderArchiveStore(root);
  const files = await store.list();
  if (files.includes(MANIFEST)) {
    return { store: new FolderArchiveStore(dirname(root)), archives: [{ path: folder, name: basename(root) }] };
  }
  const names = files.filter((file) => file.split('/').length === 2 && file.endsWith(`/${MANIFEST}`)).map(dirname);
  if (names.length === 0) throw VerifyRequestError.noArchive(folder);
  return { store, archives: names.toSorted().map((name) => ({ path: join(folder, name), name })) };
}

async function checkArchive(
  store: ArchiveStore,
  { path, name }: FoundArchive,
  { trust, stated, counts = () => false, erasuresOf }: ArchiveDemand,
): Promise<SeenArchive | { readonly findings: readonly Finding[] }> {
  let counted = 0;
  const erasures = erasuresOf?.(path);
  const verification = await verifyArchive(store, name, trust, async (line) => {
    if (counts(line.index)) counted += 1;
    await erasures?.add(line);
  });
  const { manifest, findings } = verification;
  const named = (kind: FindingKind, what: string): Finding => ({ kind, table: path, what: what.replace(/\.$/, '') });
  if (!manifest) return { findings: findings.map((what) => named('archive_foreign', what)) };
  const { retirementId } = manifest;
  const act = stated.find((one) => one.retirementId === retirementId);
  if (!act) {
    const what = `no act of this log states the retirement ${retirementId}, which it says that it is of`;
    return { findings: [named('archive_foreign', what)] };
  }
  const other = SAID.filter((field) => act[field] !== manifest[field]);
  if (other.length > 0) {
    const what = `its manifest says otherwise than the act of the retirement ${retirementId} (${other.join(', ')})`;
    return { findings: [named('archive_foreign', what)] };
  }
  if (findings.length > 0) return { findings: findings.map((what) => named('archive_altered', what)) };
  const note = await readText(store, name, manifest.files.checkpoint.name);
  const { checkpoint: head } = verifyCheckpoint(note, trust);
  return { path, retirementId, counted, head, unsigned: (await erasures?.findings()) ?? [] };
}
