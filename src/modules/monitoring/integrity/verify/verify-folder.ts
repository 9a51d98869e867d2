import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditError, errorMessage } from '../../../../audit/index.js';
import type { TreeHead } from '../merkle/index.js';
import {
  keyLabel,
  UnverifiedNoteError,
  verifyCheckpoint,
  type CheckpointTrust,
  type VerifiedCheckpoint,
} from '../notes/index.js';
import { followKeyChanges, KEY_CHANGE_TYPE } from '../key-changes/index.js';
import { EMPTY_EDGE, tileWidth } from '../tiles/index.js';
import { announcedBundles } from './announced-bundles.js';
import { whyUnsigned } from './announcement.js';
import { checkPlaces, type CheckedSoFar } from './check-places.js';
import { diagnose, type WrongPlace } from './diagnose.js';
import { FolderSource } from './folder-source.js';
import { describeFinding } from './finding.js';
import { checkFolderActs, readFolderActs } from './folder-acts.js';
import { followedWarning, signersOf } from './known-keys.js';
import { checkWitnesses, withWitnesses, type WitnessDemand } from './check-witnesses.js';
import { trustOf } from './judge-checkpoint.js';
import { mostSay } from './most-say.js';
import { publishedHeads } from './read-heads.js';
import { verdictOf, type Verification } from './verification.js';
import { VerifyRequestError } from './verify-request.error.js';

/** Which files to verify, and by what they are believed. */
export interface VerifyFolderOptions {
  readonly folder: string;
  readonly verifierKeys: readonly string[];
  /** Signed notes that were kept elsewhere. */
  readonly published?: readonly string[];
  /** Whose cosignatures are demanded. @defaultValue nobody's */
  readonly witnesses?: WitnessDemand;
  readonly onProgress?: (progress: CheckedSoFar) => void;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

/**
 * Verifies a log from the files that it serves, without its database: each entry against its tile, the tiles against the
 * signed root. A bundle of entries may be missing where the log announces that events of it were retired: its places count as
 * `retired`. Files beyond the checkpoint's size are not looked at.
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
  const note = await readFile(join(folder, 'checkpoint'), 'utf8').catch((error: unknown) => {
    throw VerifyRequestError.noLog(folder, errorMessage(error));
  });
  const carried = await readFolderActs(folder, note);
  const keyChanges = carried.filter(({ type }) => type === KEY_CHANGE_TYPE);
  const { trust, followed } = followKeyChanges(
    keyChanges.map((act) => act.note),
    given,
  );
  const judged = judgeNote(() => verifyCheckpoint(note, trust));
  if ('error' in judged) {
    if (judged.error instanceof UnverifiedNoteError) {
      throw VerifyRequestError.unknownKey(trust.keys.map(keyLabel), signersOf(note));
    }
    const what = judged.error.message;
    const verdict = verdictOf([{ kind: 'checkpoint_unverified', table: 'checkpoint', what }]);
    return { ...verdict, origin: trust.origin, size: 0, checked: 0, erased: 0, retired: 0, waiting: 0, warnings: [] };
  }
  const { size, rootHash } = judged.checkpoint;
  const source = new FolderSource(folder, size);
  const published = publishedHeads(notes, trust).map((head) => ({ ...head, isPublished: true }));
  const checked = await checkPlaces(source, {
    edge: EMPTY_EDGE,
    size,
    published: [...published, { size, rootHash, isPublished: false }].toSorted((one, other) => one.size - other.size),
    ...(onProgress ? { onChecked: onProgress } : {}),
  });
  const { missing, retired } = await judgeMissing(source, size, trust);
  const acts = await checkFolderActs(carried, { trust, size, source });
  const wrong = [...checked.findings, ...diagnose([...checked.wrong, ...missing], [], source), ...acts.findings];
  const verdict = verdictOf(retired > 0 ? wrong : [...wrong, ...acts.missing]);
  return {
    ...verdict,
    origin: trust.origin,
    size,
    checked: size,
    erased: 0,
    retired,
    waiting: 0,
    checkpoint: note,
    warnings: [
      ...(followed.length > 0 ? [followedWarning(followed)] : []),
      ...uncovered(published, size),
      ...(retired > 0 ? [RETIRED_WARNING, ...acts.missing.map(describeFinding)] : []),
    ],
  };
}

/** A download ends where its checkpoint does; the log may have grown on, also by the download's own events. */
function uncovered(published: readonly TreeHead[], size: number): readonly string[] {
  const larger = published.filter((head) => head.size > size).map((head) => head.size);
  if (larger.length === 0) return [];
  return [
    `The kept checkpoint(s) of size ${larger.join(', ')} are not covered: the download ends at size ${size}. Download the log again, up to a checkpoint of at least that size, to hold it against them.`,
  ];
}

const RETIRED_WARNING =
  'Bundles are missing since events of them were retired, as the log announces. What the events in them said cannot be told from these files: their archives prove it (verify-archive), or the database (verify) for those that are still stored.';

/** What is wrong with the places of missing bundles, and how many there are where nothing is. */
async function judgeMissing(
  source: FolderSource,
  size: number,
  trust: CheckpointTrust,
): Promise<{ readonly missing: readonly WrongPlace[]; readonly retired: number }> {
  const signed = new Map([...source.announcements].filter(([, one]) => whyUnsigned(one, trust) === undefined));
  const announced = announcedBundles(source.missingBundles, signed);
  const missing: WrongPlace[] = [];
  let retired = 0;
  for (const index of source.missingBundles) {
    if (announced.has(index)) retired += tileWidth(0, index, size);
    else if (missing.length < MAX_MISSING) {
      for (const place of await source.placesOfMissing(index)) missing.push({ place, truth: mostSay(place) });
    }
  }
  return { missing, retired };
}

/** So that memory stays flat when nothing was downloaded but tiles. */
const MAX_MISSING = 100_000;

function judgeNote(verify: () => VerifiedCheckpoint): VerifiedCheckpoint | { readonly error: AuditError } {
  try {
    return verify();
  } catch (error) {
    if (error instanceof AuditError) return { error };
    throw error;
  }
}
