import {
  Archives,
  ArchiveUnreadableError,
  FolderArchiveStore,
  type ArchiveSigner,
} from '../modules/monitoring/archive/index.js';
import { signNote, type CheckpointTrust } from '../modules/monitoring/integrity/notes/index.js';
import { readKeyFile, SigningKeyMissingError } from '../modules/monitoring/integrity/signing/index.js';
import { trustOf } from '../modules/monitoring/integrity/verify/index.js';
import { readVerifierKeys } from './verifier-keys.js';

/** The variables that say where the archives and their keys are, as the application has them. */
export type ArchiveEnvironment = Readonly<Record<string, string | undefined>>;

/** The archives, to be written and signed. @throws SigningKeyMissingError, SigningKeyInvalidError */
export async function writableArchives(environment: ArchiveEnvironment): Promise<Archives> {
  const { file, origin } = keyOf(environment);
  const { signers, verifiers } = await readKeyFile(file, origin);
  return archivesBy(environment, {
    signText: (text) => signNote(text, signers),
    trust: { origin, keys: verifiers },
  });
}

/**
 * The archives, to be read. Where no key is known, the first one that is read rejects: a ledger without archives needs none.
 *
 * @param keys verifier keys, or files of them; without any, those of the key file
 * @throws SigningKeyInvalidError (`AUDIT_SIGNING_KEY_INVALID`)
 */
export async function readableArchives(environment: ArchiveEnvironment, keys: readonly string[]): Promise<Archives> {
  const trust = keys.length > 0 ? trustOf(await readVerifierKeys(keys)) : await trustByKeyFile(environment);
  return archivesBy(environment, {
    signText: (text) => text, // nothing is written
    get trust() {
      if (trust instanceof ArchiveUnreadableError) throw trust;
      return trust;
    },
  });
}

async function trustByKeyFile(environment: ArchiveEnvironment): Promise<CheckpointTrust | ArchiveUnreadableError> {
  const { file, origin } = keyOf(environment);
  try {
    return { origin, keys: (await readKeyFile(file, origin)).verifiers };
  } catch (error) {
    if (error instanceof SigningKeyMissingError) return ArchiveUnreadableError.withoutKeys(file);
    throw error;
  }
}

/** The file of the key that signs, and the ledger's name. */
export function keyOf(environment: ArchiveEnvironment): { readonly file: string; readonly origin: string } {
  return {
    file: given(environment.AUDIT_SIGNING_KEY_FILE) ?? '.data/signing.key',
    origin: given(environment.AUDIT_LEDGER_ORIGIN) ?? 'nestjs-audit-ledger.local/ledger',
  };
}

function archivesBy(environment: ArchiveEnvironment, signer: ArchiveSigner): Archives {
  return new Archives(new FolderArchiveStore(given(environment.AUDIT_ARCHIVE_DIR) ?? '.data/archive'), signer);
}

/** A variable that is empty is not given. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
