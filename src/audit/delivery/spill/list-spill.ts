import { stat } from 'node:fs/promises';
import { decodeEvent, type KeptDeadLetter } from './dead-letter.js';
import { SpillFolder } from './spill-folder.js';
import { SpillLines } from './spill-line.js';
import { readEachLine } from './read-lines.js';
import { surveyFolder } from './survey-folder.js';
import { auditErrors } from '../../errors/audit.errors.js';
import type { WriterKeys } from '../../writer-keys.js';

export interface SpilledBackend {
  readonly backend: string;
  readonly waitingEvents: number;
  /** The size of the files of the waiting events. */
  readonly waitingBytes: number;
  /** The time of the oldest waiting event (RFC 3339, UTC). */
  readonly oldestOccurredAt?: string;
  readonly deadLetters: readonly KeptDeadLetter[];
}

export interface SpillListing {
  /** The size of all files. */
  readonly bytes: number;
  readonly corruptLines: number;
  readonly backends: readonly SpilledBackend[];
}

/** Lists the content of a spill folder. @throws `AUDIT_SPILL_REQUEST_INVALID` if the folder or the key is missing */
export async function listSpill(path: string, keys: WriterKeys): Promise<SpillListing> {
  await checkFolder(path);
  const lines = SpillLines.forCommand(path, keys);
  const { bytes, corruptLines, segments } = await surveyFolder(path, lines);
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

/** @throws `AUDIT_SPILL_REQUEST_INVALID` when the folder is missing */
export async function checkFolder(path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  if (!isFolder) throw auditErrors.AUDIT_SPILL_REQUEST_INVALID.noFolder(path);
}
