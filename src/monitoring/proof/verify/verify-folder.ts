import { join } from 'node:path';
import { AuditError } from '../../../base/errors/audit.error.js';
import { getErrorMessage, hasCode } from '../../../base/errors/error-facts.js';
import { ACT_EVENTS } from '../../keep/acts/act-note.js';
import { followKeyChanges } from '../../keep/acts/key-acts.js';
import { verifyCheckpoint, type Checkpoint } from '../log/notes/checkpoint.js';
import { formatKeyLabel } from '../log/notes/signed-note.js';
import type { CheckOptions } from './check.js';
import { runChecks } from './checks.js';
import { buildTrust } from './judge-checkpoint.js';
import { listSigners } from './known-keys.js';
import { readRegular } from '../../errors/file-error.js';
import { publishedHeads } from './read-heads.js';
import { readFolderActs } from './sources/folder-acts.js';
import { FolderSource } from './sources/folder-source.js';
import { toVerdict, type Verification } from './verification.js';
import { verifyErrors } from '../../errors/verify.errors.js';

export interface VerifyFolderOptions extends CheckOptions {
  readonly folder: string;
  readonly verifierKeys: readonly string[];
}

/**
 * Verifies a log from the files that it serves, without the database. Compares each entry with the entry's tile, and the tiles with the
 * signed root. A bundle may be missing if the log announces the retirement of events in it. All events of such a bundle count as `retired`.
 * Files beyond the checkpoint's size are ignored.
 *
 * @throws `AUDIT_REQUEST_INVALID`, and the errors of notes and keys
 */
export async function verifyFolder(options: VerifyFolderOptions): Promise<Verification> {
  const { folder, verifierKeys, published: notes = [], since } = options;
  const input = buildTrust(verifierKeys);
  const bytes = await readRegular(join(folder, 'checkpoint')).catch((error: unknown) => {
    throw verifyErrors.AUDIT_REQUEST_INVALID.noLog(folder, getErrorMessage(error));
  });
  const note = bytes.toString();
  const contents = await readFolderActs(folder, note);
  const changes = contents.acts.filter(({ type }) => type === ACT_EVENTS.key_change.type);
  const { trust, followed } = followKeyChanges(
    changes.map((act) => act.note),
    input,
  );
  let head: Checkpoint;
  try {
    head = verifyCheckpoint(note, trust).checkpoint;
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    if (hasCode(error, 'AUDIT_NOTE_UNVERIFIED'))
      throw verifyErrors.AUDIT_REQUEST_INVALID.unknownKey(trust.keys.map(formatKeyLabel), listSigners(note));
    const verdict = toVerdict([{ kind: 'checkpoint_unverified', table: 'checkpoint', what: error.message }]);
    const counts = { size: 0, checked: 0, erased: 0, retired: 0, waiting: 0 };
    return { ...verdict, ...counts, origin: trust.origin, warnings: [] };
  }
  const { size } = head;
  return runChecks({
    source: new FolderSource(folder, head, contents, trust),
    ...{ trust, followed, areKeysStored: false, head: { ...head, note }, size, leaves: size, options },
    published: publishedHeads(since === undefined ? notes : [...notes, since], trust),
    nowMs: (options.now ?? Date.now)(),
  });
}
