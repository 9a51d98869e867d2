import type { SpillStatus } from './spill-folder.js';

/** Returns the backends for which a spill keeps events, but which no enabled provider has. */
export function orphansOf(
  { waitingFiles, deadLetters }: Pick<SpillStatus, 'waitingFiles' | 'deadLetters'>,
  isKnown: (backend: string) => boolean,
): readonly string[] {
  return [...new Set([...Object.keys(waitingFiles), ...Object.keys(deadLetters)])].filter((name) => !isKnown(name));
}

/** Describes the events that wait for a missing provider, and the remedy. */
export function describeOrphan(backend: string): string {
  return (
    `Events in the spill wait for the audit provider "${backend}", which no module registers, or which the options disable. Register it again; or ` +
    'see them with "nestjs-audit-ledger spill list", and move the files that are named after it away.'
  );
}
