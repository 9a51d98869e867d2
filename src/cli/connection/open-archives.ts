import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import { Archives } from '../../monitoring/keep/archive/archives.js';
import { FolderArchiveStore } from '../../monitoring/keep/archive/archive-store.js';
import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import { buildTrust } from '../../monitoring/proof/verify/judge-checkpoint.js';
import { readActSigner, readCommandKey, emptyToUndefined, type CommandEnvironment } from './key-settings.js';
import { readVerifierKeys } from '../verify/verifier-keys.js';
import { hasCode } from '../../audit/nest-free.js';

/** Opens the archives for writing and signing. @throws `AUDIT_SIGNING_KEY_MISSING`, `AUDIT_SIGNING_KEY_INVALID` */
export async function openWritableArchives(environment: CommandEnvironment): Promise<Archives> {
  return openArchives(environment, await readActSigner(environment));
}

/**
 * Opens the archives for reading. Without a known key, a read of an archive rejects; an empty folder needs no key.
 *
 * @param keys verifier keys, or files that contain verifier keys; default: the keys in the key file
 * @param folder the folder of the archives; default: `AUDIT_ARCHIVE_DIR`
 * @throws `AUDIT_SIGNING_KEY_INVALID`
 */
export async function readableArchives(
  environment: CommandEnvironment,
  keys: readonly string[],
  folder?: string,
): Promise<Archives> {
  const trust = keys.length > 0 ? buildTrust(await readVerifierKeys(keys)) : await readTrust(environment);
  const signer = {
    signText: (text: string) => Promise.resolve(text), // this function is never called, because nothing is written
    get trust() {
      if (trust instanceof Error) throw trust;
      return trust;
    },
  };
  return openArchives(environment, signer, folder);
}

async function readTrust(environment: CommandEnvironment): Promise<CheckpointTrust | Error> {
  try {
    const { origin, verifiers } = await readCommandKey(environment);
    return { origin, keys: verifiers };
  } catch (error) {
    if (hasCode(error, 'AUDIT_SIGNING_KEY_MISSING')) return error;
    throw error;
  }
}

function openArchives(
  { AUDIT_ARCHIVE_DIR: named }: CommandEnvironment,
  signer: StatementSigner,
  folder?: string,
): Archives {
  return new Archives(archiveStore({ AUDIT_ARCHIVE_DIR: folder ?? named }), signer);
}

export function archiveStore({ AUDIT_ARCHIVE_DIR }: CommandEnvironment): FolderArchiveStore {
  return new FolderArchiveStore(emptyToUndefined(AUDIT_ARCHIVE_DIR) ?? '.data/archive');
}
