import { basename, dirname, join, resolve } from 'node:path';
import { type ArchiveStore, FolderArchiveStore } from '../../../keep/archive/archive-store.js';
import { readText } from '../../../keep/archive/read-archive.js';
import { verifyArchive } from '../../../keep/archive/verify-archive.js';
import { MANIFEST } from '../../../keep/archive/archive-manifest.js';
import type { TreeHead } from '../../log/merkle/verify-consistency.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../log/notes/checkpoint.js';
import { TILE_WIDTH } from '../../log/tiles/tile-address.js';
import { STATED_FIELDS, type RetirementStatement } from '../announcement.js';
import type { Check, CheckResult } from '../check.js';
import type { Finding, FindingKind } from '../finding.js';
import { ArchivedErasures } from '../sources/personal-parts.js';
import { verifyErrors } from '../../../errors/verify.errors.js';
import { checkBundles } from './check-bundles.js';
import { checkErasureRequests } from './check-erasure-requests.js';
import { checkErasures } from './check-erasures.js';
import { checkRetirements } from './check-retirements.js';

export interface ReadArchive {
  readonly path: string;
  readonly retirementId: string;
  /** The number of events in missing bundles of files. */
  readonly counted: number;
  /** The tree of the archive's checkpoint, which the log must continue. */
  readonly head: TreeHead;
}

interface CheckedArchives extends CheckResult {
  readonly seen: readonly ReadArchive[];
}

interface ArchiveDemand {
  readonly trust: CheckpointTrust;
  readonly stated: readonly RetirementStatement[];
  readonly counts: (index: number) => boolean;
  /** Returns the check of an archive's personal parts; `undefined` for files, which alone do not list the erased events. */
  readonly getErasures: (path: string) => ArchivedErasures | undefined;
}

/**
 * Verifies each given archive, and compares the archive's manifest with the act of the retirement.
 *
 * @throws `AUDIT_REQUEST_INVALID` for a folder without an archive
 * @throws the file system's error
 */
export const checkArchives: Check<CheckedArchives> = async (run) => {
  const { trust, source, options } = run.log;
  const retirements = await run.of(checkRetirements);
  const { bundles, stated } = await run.of(checkBundles);
  const { trusted } = await run.of(checkErasures);
  const { openActs } = await run.of(checkErasureRequests);
  const acts = { trusted, ended: trusted.filter((number) => !openActs.has(number)) };
  const demand: ArchiveDemand = {
    trust,
    stated: [...retirements.trusted.map((one) => one.stated), ...stated],
    counts: (index) => bundles.has(Math.floor(index / TILE_WIDTH)),
    getErasures: (path) => source.tables && new ArchivedErasures(source.tables, acts, path),
  };
  const seen: ReadArchive[] = [];
  const findings: Finding[] = [];
  for (const folder of options.archives ?? []) {
    const { store, archives } = await listArchives(folder);
    for (const archive of archives) {
      const checked = await checkArchive(store, archive, demand);
      seen.push(...checked.seen);
      findings.push(...checked.findings);
    }
  }
  return { seen, findings };
};

interface FoundArchive {
  readonly path: string;
  readonly name: string;
}

async function listArchives(
  folder: string,
): Promise<{ readonly store: ArchiveStore; readonly archives: readonly FoundArchive[] }> {
  const root = resolve(folder);
  const store = new FolderArchiveStore(root);
  const files = await store.list();
  if (files.includes(MANIFEST)) {
    return { store: new FolderArchiveStore(dirname(root)), archives: [{ path: folder, name: basename(root) }] };
  }
  const names = files.filter((file) => file.split('/').length === 2 && file.endsWith(`/${MANIFEST}`)).map(dirname);
  if (names.length === 0) throw verifyErrors.AUDIT_REQUEST_INVALID.noArchive(folder);
  return { store, archives: names.toSorted().map((name) => ({ path: join(folder, name), name })) };
}

async function checkArchive(
  store: ArchiveStore,
  { path, name }: FoundArchive,
  { trust, stated, counts, getErasures }: ArchiveDemand,
): Promise<Required<Pick<CheckedArchives, 'seen' | 'findings'>>> {
  let counted = 0;
  const erasures = getErasures(path);
  const verification = await verifyArchive(store, name, trust, async (line) => {
    if (counts(line.index)) counted += 1;
    await erasures?.add(line);
  });
  const { manifest, findings } = verification;
  const refuse = (kind: FindingKind, ...whats: readonly string[]) => {
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
