import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import type { LineAddress } from './archive-columns.js';
import { parseLine, type ArchiveLine } from './archive-line.js';
import { MANIFEST, verifyManifest, type ArchivedFile, type ArchiveManifest } from './archive-manifest.js';
import type { ArchiveStore } from './archive-store.js';
import { decompressLines, FileDigest, readMemberLines } from './archive-streams.js';
import { verifyErrors } from '../../errors/verify.errors.js';

const MAX_TEXT_BYTES = 1_000_000;

/** Reads a small file as text. @throws `AUDIT_ARCHIVE_MISSING`, `AUDIT_ARCHIVE_INVALID` */
export async function readText(store: ArchiveStore, archive: string, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of store.read(`${archive}/${name}`)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_TEXT_BYTES)
      throw verifyErrors.AUDIT_ARCHIVE_INVALID(archive, `${name} is longer than ${MAX_TEXT_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString();
}

/** Reads the signed manifest of an archive. @throws the errors of {@link readText} */
export async function readManifest(
  store: ArchiveStore,
  archive: string,
  trust: CheckpointTrust,
): Promise<ArchiveManifest> {
  return verifyManifest(archive, await readText(store, archive, MANIFEST), trust);
}

/**
 * Reads the events of an archive, sorted by index. If a line is invalid or the file does not match the manifest, the iteration rejects with
 * `AUDIT_ARCHIVE_INVALID`.
 *
 * @param isWanted receives the text of each line; if it returns `false`, the line is skipped
 */
export async function* readLines(
  store: ArchiveStore,
  { archive, files: { events } }: Pick<ArchiveManifest, 'archive' | 'files'>,
  isWanted: (text: string) => boolean = () => true,
): AsyncIterable<ArchiveLine> {
  const digest = new FileDigest();
  for await (const text of decompressLines(digest.of(store.read(`${archive}/${events.name}`)))) {
    if (!isWanted(text)) continue;
    const line = parseLine(text);
    if (!line) throw verifyErrors.AUDIT_ARCHIVE_INVALID(archive, `${events.name} has a line that is not an event`);
    yield line;
  }
  compare(archive, events, digest);
}

/** Compares a file of an archive with the signed manifest. @throws `AUDIT_ARCHIVE_INVALID` */
export async function checkFile(store: ArchiveStore, archive: string, file: ArchivedFile): Promise<void> {
  compare(archive, file, await digestFile(store, archive, file));
}

/** Hashes a file of an archive without decompressing it. Rejects with the errors of the store. */
export async function digestFile(
  store: ArchiveStore,
  archive: string,
  { name }: Pick<ArchivedFile, 'name'>,
): Promise<FileDigest> {
  const digest = new FileDigest();
  const chunks = digest.of(store.read(`${archive}/${name}`))[Symbol.asyncIterator]();
  while ((await chunks.next()).done !== true);
  return digest;
}

/** Reads the lines of a gzip member; `undefined` if the bytes at its position are not this member. */
export async function readMember(
  store: ArchiveStore,
  { archive, files: { events } }: Pick<ArchiveManifest, 'archive' | 'files'>,
  address: Omit<LineAddress, 'nth'>,
): Promise<readonly string[] | undefined> {
  const { member: from, size } = address;
  if (!(Number.isSafeInteger(from) && from >= 0 && size > 0 && from + size <= events.bytes)) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(`${archive}/${events.name}`, { from, to: from + size })) chunks.push(chunk);
  return readMemberLines(Buffer.concat(chunks), address);
}

function compare(archive: string, { name, sha256 }: ArchivedFile, digest: FileDigest): void {
  if (digest.file(name).sha256 === sha256) return;
  throw verifyErrors.AUDIT_ARCHIVE_INVALID(archive, `${name} does not match the manifest`);
}
