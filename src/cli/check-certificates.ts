import { trustOf } from '../modules/monitoring/verify/judge-checkpoint.js';
import { followStoredKeys } from '../modules/monitoring/verify/known-keys.js';
import { readStoredKeys } from '../modules/monitoring/verify/read-heads.js';
import { VERIFIER } from '../modules/monitoring/store/ledger-roles.js';
import { findUndone, readKept } from '../modules/monitoring/lifecycle/erasure/certificate-file.js';
import { LedgerSession } from '../modules/monitoring/store/sessions/ledger-session.js';
import { readInput } from './read-input.js';

/**
 * Compares the erasure certificates in files with the ledger. Rejects with errors of the file system, the database client, invalid
 * certificates and invalid signed notes.
 *
 * @param verifierKeys default: the keys that the database contains. Signed acts of key change add further keys of the ledger
 */
export async function checkCertificates(url: string, files: readonly string[], verifierKeys: readonly string[]) {
  const texts = await Promise.all(files.map(async (file) => readInput(file)));
  if (texts.every((text) => text === '')) return { total: 0, undone: [] };
  return LedgerSession.use(url, VERIFIER, {}, async (snapshot) => {
    const given = trustOf(verifierKeys.length > 0 ? verifierKeys : await readStoredKeys(snapshot));
    const { trust } = await followStoredKeys(snapshot, given);
    const certificates = texts.flatMap((text) => readKept(text, trust));
    return { total: certificates.length, undone: await findUndone(snapshot, certificates) };
  });
}
