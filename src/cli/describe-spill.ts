import { wrapIndented } from './fit-table.js';
import { plain } from './plain.js';
import type { SpilledBackend, SpillListing } from '../audit/plain.js';

/** What a spill keeps, as text of lines no wider than `width`. */
export function describeSpill(folder: string, { bytes, corruptLines, backends }: SpillListing, width: number): string {
  const lines = [`Spill ${folder}: ${bytes} bytes, ${corruptLines} line(s) that cannot be read`];
  if (backends.length === 0) lines.push('Nothing waits.');
  for (const backend of backends) lines.push(...describeBackend(backend));
  return `${lines.map((line) => wrapIndented(line, width)).join('\n')}\n`;
}

function describeBackend(spilled: SpilledBackend): readonly string[] {
  const { backend, waitingEvents, waitingBytes, oldestOccurredAt, deadLetters } = spilled;
  const since = oldestOccurredAt === undefined ? '' : `, the oldest of ${oldestOccurredAt}`;
  return [
    `${backend}: ${waitingEvents} event(s) waiting in ${waitingBytes} bytes${since}; ${deadLetters.length} dead letter(s)`,
    ...deadLetters.map(({ event, error }) => `  ${event.id}  ${event.type}  ${event.occurredAt}  ${plain(error)}`),
  ];
}
