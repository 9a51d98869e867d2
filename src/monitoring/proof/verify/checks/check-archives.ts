import { basename, dirname, join, resolve } from 'node:path';
import type { ArchiveStore } from '../../../keep/archive/archive-store.js';
import { FolderArchiveStore } from '../../../keep/archive/folder-archive-store.js';
import { verifyArchive } from '../../../keep/archive/verify-archive.js';
import { readText } from '../../../keep/archive/read-archive.js';
import { MANIFEST } from '../../../keep/archive/write-archive.js';
import type { TreeHead } from '../../log/merkle/verify-consistency.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../log/notes/checkpoint.js';
import type { TreeEdge } from '../../log/tiles/tree-edge.js';
import { STATED_FIELDS, type StatedRetirement } from '../announcement.js';
import type { ArchivedErasures } from '../sources/personal-parts.js';
import { continuesPublished } from '../check-consistency.js';
import type { Finding, FindingKind } from '../finding.js';
import type { LogSource } from '../sources/log-source.js';
import { VerifyRequestError } from '../verify-request.error.js';

/** What the given archives prove about retired events, and which archives are missing. */
export interface ArchiveReport {
  /** The number of checked retired events that a sound archive contains. */
  readonly proven: number;
  /** The number of checked retired events in archives that were not given, or are not sound. */
  readonly unseen: number;
  /** The names of the sound archives. */
  readonly seen: readonly string[];
  /** The names of archives that an act of retirement states, but that were not given, or are not sound. */
  readonly missing: readonly string[];
}

interface SeenArchive {
  readonly path: string;
  readonly retirementId: string;
  readonly counted: number;
  /** The tree of the archive's checkpoint, which the log must continue. */
  readonly head: TreeHead;
}

/** The result of comparing the given archives with the acts of retirement. */
export interface CheckedArchives {
  readonly seen: readonly SeenArchive[];
  readonly findings: readonly Finding[];
}

interface ArchiveDemand {
  readonly folders: readonly string[];
  readonly trust: CheckpointTrust;
  readonly stated: readonly StatedRetirement[];
  readonly counts?: (index: number) => boolean;
  /** Returns the check of an archive's personal parts. @defaultValue no check, because files alone do not list the erased events */
  readonly erasuresOf?: (path: string) => ArchivedErasures;
}

/**
 * Verifies each archive, and compares the archive's manifest with the act of the retirement.
 *
 * @param demand each of the `folders` is an archive, or contains archives
 * @throws VerifyRequestError (`AUDIT_VERIFY_REQUEST_INVALID`) for a folder without an archive
 * @throws the file system's error
 */
export async function checkArchives(demand: ArchiveDemand): Promise<CheckedArchives> {
  const seen: SeenArchive[] = [];
  const findings: Finding[] = [];
  for (const folder of demand.folders) {
    const { store, archives } = await archivesIn(folder);
    for (const archive of archives) {
      const checked = await checkArchive(store, archive, demand);
      seen.push(...checked.seen);
      findings.push(...checked.findings);
    }
  }
  return { seen, findings };
}

/** Returns findings for archives whose tree the log does not continue. Rejects with the source's error. */
export async function findForeign(
  source: Pick<LogSource, 'readTile'>,
  edge: TreeEdge,
  seen: readonly SeenArchive[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { path, head } of seen) {
    if (head.size <= edge.size && (await continuesPublished(source, edge, [head]))) continue;
    const tree = `${head.size}, which the log does not continue`;
    findings.push({ kind: 'archive_foreign', table: path, what: `its proofs lead to a tree of size ${tree}` });
  }
  return findings;
}

/** Builds the report. @param retired the number of retired events; @param proven the number of proven events among these */
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

/** Returns a warning unless all retired events are proven. */
export function archivesWarning({ unseen, missing }: ArchiveReport): readonly string[] {
  if (unseen === 0) return [];
  const [first = '', ...others] = missing;
  const which = others.length > 0 ? `${first} and ${others.length} more` : first;
  return [
    `${unseen} retired event(s) are in archives that this check did not read (${which}). Give these with --archives to prove each event.`,
  ];
}

interface FoundArchive {
  readonly path: string;
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
): Promise<CheckedArchives> {
  let counted = 0;
  const erasures = erasuresOf?.(path);
  const verification = await verifyArchive(store, name, trust, async (line) => {
    if (counts(line.index)) counted += 1;
    await erasures?.add(line);
  });
  const { manifest, findings } = verification;
  const refuse = (kind: FindingKind, ...whats: readonly string[]): CheckedArchives => {
    return { seen: [], findings: whats.map((what) => ({ kind, table: path, what: what.replace(/\.$/, '') })) };
  };
  if (!manifest) return refuse('archive_foreign', ...findings);
  const { retirementId } = manifest;
  const act = stated.find((one) => one.retirementId === retirementId);
  if (!act) {
    const what = `its manifest names the retirement ${retirementId}, but no act of this log states this retirement`;
    return refuse('archive_foreign', what);
  }
  const other = STATED_FIELDS.filter((field) => act[field] !== manifest[field]);
  if (other.length > 0) {
    const what = `its manifest differs from the act of the retirement ${retirementId} (${other.join(', ')})`;
    return refuse('archive_foreign', what);
  }
  if (findings.length > 0) return refuse('archive_altered', ...findings);
  const note = await readText(store, name, manifest.files.checkpoint.name);
  const { checkpoint: head } = verifyCheckpoint(note, trust);
  const contradicted = (await erasures?.findings()) ?? []; // personal parts that contradict the acts of erasures
  return { seen: [{ path, retirementId, counted, head }], findings: contradicted };
}
