import { join } from 'node:path';
import { AuditError, errorMessage } from '../../../audit/plain.js';
import { ACT_EVENTS } from '../../keep/acts/act-types.js';
import { followKeyChanges } from '../../keep/acts/key-acts.js';
import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { verifyCheckpoint, type Checkpoint, type CheckpointTrust } from '../log/notes/checkpoint.js';
import { UnverifiedNoteError } from '../log/notes/note.error.js';
import { keyLabel } from '../log/notes/signed-note.js';
import { TILE_WIDTH, tileWidth } from '../log/tiles/tile-address.js';
import { EMPTY_EDGE } from '../log/tiles/tree-edge.js';
import { announcedBundles, statedIn, whyUnsigned, type StatedRetirement } from './announcement.js';
import { archiveReport, checkArchives, findForeign, type ArchiveReport } from './checks/check-archives.js';
import { checkLeaves } from './checks/check-leaves.js';
import { diagnose, type WrongLeaf } from './checks/check-damage.js';
import { FolderSource, readLogFile } from './sources/folder-source.js';
import { describeFinding } from './finding.js';
import { checkFolderActs, readFolderActs } from './sources/folder-acts.js';
import { describeAdoption, explainHeads } from './checks/check-published.js';
import { describeLostKeys, followedWarning, signersOf } from './known-keys.js';
import { checkWitnesses } from './checks/check-witnesses.js';
import { trustOf } from './judge-checkpoint.js';
import { majorityHash } from './sources/log-source.js';
import { publishedHeads } from './read-heads.js';
import { NOTHING, verdictOf, withWitnesses, type Verification } from './verification.js';
import type { VerifyLedgerOptions } from './verify-ledger.js';
import { VerifyRequestError } from './verify-request.error.js';

/** The files to verify, and the keys that verify their signatures. */
export interface VerifyFolderOptions extends Pick<
  VerifyLedgerOptions,
  'published' | 'archives' | 'witnesses' | 'onProgress' | 'now'
> {
  readonly folder: string;
  readonly verifierKeys: readonly string[];
}

/**
 * Verifies a log from the files that it serves, without the database. Compares each entry with the entry's tile, and the tiles with the
 * signed root. A bundle may be missing if the log announces the retirement of events in it. All events of such a bundle count as `retired`.
 * Files beyond the checkpoint's size are ignored.
 *
 * @throws VerifyRequestError (`AUDIT_VERIFY_REQUEST_INVALID`), and the errors of notes and keys
 */
export async function verifyFolder(options: VerifyFolderOptions): Promise<Verification> {
  const verification = await verifyFiles(options);
  const { witnesses, published = [], now } = options;
  if (!witnesses || verification.checkpoint === undefined) return verification;
  const notes = [...published, verification.checkpoint];
  return withWitnesses(verification, await checkWitnesses(witnesses, notes, verification.size, { now }));
}

async function verifyFiles(options: VerifyFolderOptions): Promise<Verification> {
  const { folder, verifierKeys, published: notes = [], onProgress } = options;
  const given = trustOf(verifierKeys);
  const bytes = await readLogFile(join(folder, 'checkpoint')).catch((error: unknown) => {
    throw VerifyRequestError.noLog(folder, errorMessage(error));
  });
  const note = bytes.toString();
  const { acts: carried, announcements } = await readFolderActs(folder, note);
  const keyChanges = carried.filter(({ type }) => type === ACT_EVENTS.key_change.type);
  const { trust, followed } = followKeyChanges(
    keyChanges.map((act) => act.note),
    given,
  );
  let head: Checkpoint;
  try {
    head = verifyCheckpoint(note, trust).checkpoint;
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    if (error instanceof UnverifiedNoteError)
      throw VerifyRequestError.unknownKey(trust.keys.map(keyLabel), signersOf(note));
    const verdict = verdictOf([{ kind: 'checkpoint_unverified', table: 'checkpoint', what: error.message }]);
    return { ...NOTHING, ...verdict, origin: trust.origin };
  }
  const { size, rootHash } = head;
  const source = new FolderSource(folder, size, announcements);
  const acts = await checkFolderActs(carried, { trust, size, source });
  const { published: kept, adoptions } = await explainHeads(publishedHeads(notes, trust), acts.acts, source, size);
  const published = kept.map((head) => ({ ...head, isPublished: true }));
  const checked = await checkLeaves(source, {
    edge: EMPTY_EDGE,
    size,
    published: [...published, { size, rootHash, isPublished: false }].toSorted((one, other) => one.size - other.size),
    ...(onProgress ? { onChecked: onProgress } : {}),
  });
  const { missing, retired, bundles, stated } = await judgeMissing(source, size, trust);
  const counts = (index: number): boolean => bundles.has(Math.floor(index / TILE_WIDTH));
  const archives = await checkArchives({ folders: options.archives ?? [], trust, stated, counts });
  const foreign = await findForeign(source, checked.edge, archives.seen);
  const damage = diagnose([...checked.wrong, ...missing], [], source);
  const gaps = retired > 0 ? [] : acts.missing;
  const verdict = verdictOf([
    ...checked.findings,
    ...damage,
    ...archives.findings,
    ...foreign,
    ...acts.findings,
    ...gaps,
  ]);
  const proven = new Map(archives.seen.map(({ retirementId, counted }) => [retirementId, counted] as const));
  const counted = { retired, proven: [...proven.values()].reduce((sum, events) => sum + events, 0) };
  const report = archiveReport(stated, archives, counted);
  return {
    ...verdict,
    origin: trust.origin,
    size,
    checked: size,
    erased: 0,
    retired,
    ...(retired > 0 || options.archives !== undefined ? { archives: report } : {}),
    waiting: 0,
    ...(adoptions.length > 0 ? { adoptions } : {}),
    checkpoint: note,
    warnings: [
      ...(followed.length > 0 ? [followedWarning(followed)] : []),
      ...describeLostKeys(
        carried.filter(({ type }) => type === ACT_EVENTS.key_loss.type).map((act) => act.note),
        trust,
      ),
      ...adoptions.map(describeAdoption),
      ...uncovered(published, size),
      ...(retired > 0 ? [RETIRED_WARNING, ...unseenBundles(report), ...acts.missing.map(describeFinding)] : []),
    ],
  };
}

/** Only warns, because the log may have grown since the download, even by the events that record the download. */
function uncovered(published: readonly TreeHead[], size: number): readonly string[] {
  const larger = published.filter((head) => head.size > size).map((head) => head.size);
  if (larger.length === 0) return [];
  return [
    `The given checkpoint(s) of size ${larger.join(', ')} are not covered: the download ends at size ${size}. To compare them, download the log again up to a checkpoint of at least that size.`,
  ];
}

const RETIRED_WARNING =
  'Bundles are missing because the log announces that events in them were retired. The files in the folder do not contain the events of these bundles. Archives prove retired events (verify-archive), and the database proves stored events (verify).';

function unseenBundles({ unseen, missing }: ArchiveReport): readonly string[] {
  if (unseen === 0) return [];
  const which = missing.length > 0 ? ` This check did not read these archives: ${missing.join(', ')}.` : '';
  return [`${unseen} event(s) of missing bundles are in no given archive.${which}`];
}

interface MissingBundles {
  readonly missing: readonly WrongLeaf[];
  /** The number of events in missing bundles that a retirement explains. */
  readonly retired: number;
  readonly bundles: ReadonlySet<number>;
  readonly stated: readonly StatedRetirement[];
}

async function judgeMissing(source: FolderSource, size: number, trust: CheckpointTrust): Promise<MissingBundles> {
  const signed = new Map([...source.announcements].filter(([, one]) => whyUnsigned(one, trust) === undefined));
  const announced = announcedBundles(source.missingBundles, signed);
  const missing: WrongLeaf[] = [];
  let retired = 0;
  for (const index of source.missingBundles) {
    if (announced.has(index)) retired += tileWidth(0, index, size);
    else if (missing.length < MAX_MISSING) {
      for (const reading of await source.leavesOfMissing(index)) missing.push({ reading, truth: majorityHash(reading) });
    }
  }
  return { missing, retired, bundles: announced, stated: [...signed.values()].map(statedIn) };
}

/** Limits the memory if somebody downloaded only tiles. */
const MAX_MISSING = 100_000;
