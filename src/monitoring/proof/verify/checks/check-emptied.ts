import { parseCheckpoint } from '../../log/notes/checkpoint.js';
import { parseNote } from '../../log/notes/signed-note.js';
import type { Check } from '../check.js';
import type { Finding } from '../finding.js';

/** Finds checkpoints that contradict an empty ledger. */
export const checkEmptied: Check = ({ log }) => {
  const findings = (log.options.published ?? []).map((note): Finding => {
    const { size } = parseCheckpoint(parseNote(note).text); // the note is not verified, because an empty ledger has no key
    const what = `a checkpoint of size ${size} was given, but the ledger is empty`;
    return { kind: 'tail_truncated', table: 'audit_leaf', index: 0, lastIndex: size - 1, what };
  });
  return Promise.resolve({ findings, warnings: ['Nothing is sealed yet: the ledger has no leaf and no key.'] });
};
