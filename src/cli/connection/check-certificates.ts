import { getLineIds, isPersonalLine, listRelated } from '../../monitoring/keep/archive/archive-line.js';
import type { ArchiveStore } from '../../monitoring/keep/archive/archive-store.js';
import { Archives } from '../../monitoring/keep/archive/archives.js';
import { buildTrust } from '../../monitoring/proof/verify/judge-checkpoint.js';
import { followStoredKeys } from '../../monitoring/proof/verify/known-keys.js';
import { readStoredKeys } from '../../monitoring/proof/verify/read-heads.js';
import { VERIFIER } from '../../monitoring/store/ledger-roles.js';
import {
  findUndone,
  parseCertificateRecords,
  type CertificateRecord,
  type ArchivedPersonalEvents,
} from '../../monitoring/keep/lifecycle/erasure/certificate-record.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { readInput } from '../read-input.js';

const MAX_CERTIFICATES_BYTES = 256 * 1024 * 1024;

/**
 * Compares the erasure certificates in files with the ledger. Rejects with errors of the file system, the database client, invalid
 * certificates, invalid signed notes and invalid archives.
 *
 * @param verifierKeys default: the keys that the database contains. Signed acts of key change add further keys of the ledger
 * @param store if given, the archives in this store are also compared
 */
export async function checkCertificates(
  url: string,
  files: readonly string[],
  verifierKeys: readonly string[],
  store?: ArchiveStore,
) {
  const texts = await Promise.all(files.map(async (file) => readInput(file, MAX_CERTIFICATES_BYTES)));
  if (texts.every((text) => text === '')) return { total: 0, undone: [] };
  return useSession(url, VERIFIER, {}, async (snapshot) => {
    const input = buildTrust(verifierKeys.length > 0 ? verifierKeys : await readStoredKeys(snapshot));
    const { trust } = await followStoredKeys(snapshot, input);
    const certificates = texts.flatMap((text) => parseCertificateRecords(text, trust));
    const signer = { trust, signText: (text: string) => Promise.resolve(text) }; // signText() is never called, because nothing is written
    const archived = store && (await findPersonal(new Archives(store, signer), certificates));
    return { total: certificates.length, undone: await findUndone(snapshot, certificates, archived) };
  });
}

/** Finds those archived events of certificates that have a personal part. */
async function findPersonal(
  archives: Archives,
  certificates: readonly CertificateRecord[],
): Promise<ArchivedPersonalEvents> {
  const erased = new Set(certificates.flatMap(({ eventIds }) => eventIds));
  const found = new Map<string, readonly string[]>();
  for (const archive of erased.size === 0 ? [] : await archives.names()) {
    for await (const line of archives.lines(archive)) {
      if (!isPersonalLine(line) || !erased.has(line.sealed.id)) continue;
      const { actorId, onBehalfOfId, resourceId } = getLineIds(line);
      const related = listRelated(line.sealed.related, line.personal).map(({ id }) => id);
      const persons = [actorId, onBehalfOfId, resourceId, ...related].filter((id) => typeof id === 'string');
      found.set(line.sealed.id, persons);
    }
  }
  return found;
}
