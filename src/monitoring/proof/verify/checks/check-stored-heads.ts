import { isSameHash } from '../../log/merkle/hashes.js';
import { NO_FINDINGS, tableCheck } from '../check.js';
import type { Finding } from '../finding.js';
import { storedBytes } from '../judge-checkpoint.js';
import { checkPublished } from './check-published.js';

const ROOTS = 'SELECT size, root FROM audit_checkpoint WHERE size = ANY ($1::bigint[])';

const PUBLISHED_WARNING =
  'No published checkpoint was given: verify cannot find events that were cut off at the end, or a history that was signed again with the right key. Give --checkpoint with a checkpoint from outside the database.';

/**
 * Finds published checkpoints that are larger than the log, or differ from the stored checkpoint of the same size. Another check compares
 * the published roots with the tree.
 */
export const checkStoredHeads = tableCheck(NO_FINDINGS, async (tables, run) => {
  const { size } = run.log;
  const { published } = await run.of(checkPublished);
  const findings: Finding[] = [];
  const rows = await tables.rows(ROOTS, [published.map((head) => head.size)]);
  const roots = new Map(rows.map((row) => [Number(row.size), storedBytes(row.root)]));
  for (const head of published) {
    if (head.size > size) {
      const what = `a checkpoint of size ${head.size} was published, but the log ends earlier: its tail was cut off`;
      findings.push({ kind: 'tail_truncated', table: 'audit_leaf', index: size, lastIndex: head.size - 1, what });
      continue;
    }
    const root = roots.get(head.size);
    if (root && isSameHash(root, head.rootHash)) continue;
    const what = root
      ? `the published checkpoint of size ${head.size} has another root than the log`
      : `a checkpoint of size ${head.size} was published, but it is missing`;
    const kind = root ? 'checkpoint_altered' : 'checkpoint_missing';
    findings.push({ kind, table: 'audit_checkpoint', index: head.size, what });
  }
  return { findings, warnings: published.length === 0 ? [PUBLISHED_WARNING] : [] };
});
