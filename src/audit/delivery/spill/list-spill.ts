import { stat } from 'node:fs/promises';
import { SpillRequestError } from '../../errors/spill-request.error.js';
import { decodeEvent, type KeptDeadLetter } from './kept-event.js';
import { SpillFolder } from './spill-folder.js';
import { SpillLines } from './spill-line.js';
import { readEachLine } from './read-lines.js';
import { FolderSurveyor } from './survey-folder.js';

/** The events and dead letters that a spill keeps for one provider. */
export interface SpilledBackend {
  readonly backend: string;
  /** How many events wait to be replayed, and the bytes of their files. */
  readonly waitingEvents: number;
  readonly waitingBytes: number;
  /** When the oldest of them occurred, RFC 3339, UTC. */
  readonly oldestOccurredAt?: string;
  readonly deadLetters: readonly KeptDeadLetter[];
}

/** The content of a spill. */
export interface SpillListing {
  /** The size of all its files. */
  readonly bytes: number;
  readonly corruptLines: number;
  readonly backends: readonly SpilledBackend[];
}

/**
 * Reads through a spill folder, even while applications use it, and changes nothing.
 *
 * @throws SpillRequestError (`AUDIT_SPILL_REQUEST_INVALID`) when the folder or the key is missing
 */
export async function listSpill(path: string, keys: readonly string[] = []): Promise<SpillListing> {
  await checkFolder(path);
  const lines = SpillLines.forCommand(path, keys);
  const { bytes, corruptLines, segments } = await new FolderSurveyor(path, lines).survey();
  const letters = await new SpillFolder(path, { maxBytes: Infinity, keys }).deadLetters();
  const names = new Set([...segments.map(({ parsed }) => parsed.backend), ...letters.map(({ backend }) => backend)]);
  const backends: SpilledBackend[] = [];
  for (const backend of [...names].sort()) {
    const files = segments.filter(({ parsed }) => parsed.backend === backend);
    let waitingEvents = 0;
    let oldest: string | undefined;
    for (const file of files) {
      await readEachLine(file.path, (line) => {
        const event = decodeEvent(lines, backend, line);
        if (!event) return;
        waitingEvents++;
        if (oldest === undefined || event.occurredAt < oldest) oldest = event.occurredAt;
      });
    }
    backends.push({
      backend,
      waitingEvents,
      waitingBytes: files.reduce((sum, file) => sum + file.bytes, 0),
      ...(oldest === undefined ? {} : { oldestOccurredAt: oldest }),
      deadLetters: letters.filter((letter) => letter.backend === backend),
    });
  }
  return { bytes, corruptLines, backends };
}

/** @throws SpillRequestError (`AUDIT_SPILL_REQUEST_INVALID`) when the folder is missing */
export async function checkFolder(path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  if (!isFolder) throw SpillRequestError.noFolder(path);
}
