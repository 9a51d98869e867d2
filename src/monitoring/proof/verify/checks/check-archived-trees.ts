import type { Check } from '../check.js';
import { extendsPublished } from '../check-consistency.js';
import type { Finding } from '../finding.js';
import type { ArchiveReport } from '../verification.js';
import { checkArchives } from './check-archives.js';
import { checkBundles } from './check-bundles.js';
import { checkLeaves } from './check-leaves.js';
import { checkRetirements } from './check-retirements.js';

/** Finds archives whose tree the log does not continue, and reports what the archives prove about the retired events. */
export const checkArchivedTrees: Check = async (run) => {
  const { source, options } = run.log;
  const { edge, retired, proven } = await run.of(checkLeaves);
  const { seen } = await run.of(checkArchives);
  const { bundles, stated } = await run.of(checkBundles);
  const retirements = await run.of(checkRetirements);
  const findings: Finding[] = [];
  for (const { path, head } of seen) {
    if (head.size <= edge.size && (await extendsPublished(source, edge, [head]))) continue;
    const tree = `${head.size}, which the log does not continue`;
    findings.push({ kind: 'archive_foreign', table: path, what: `its proofs lead to a tree of size ${tree}` });
  }
  if (retired === 0 && !options.archives) return { findings };
  const counted = new Map(seen.map((one) => [one.retirementId, one.counted])); // an archive may be given twice
  const listNames = (isSeen: boolean): readonly string[] => [
    ...new Set(
      [...retirements.trusted.map((one) => one.stated), ...stated]
        .filter(({ retirementId }) => counted.has(retirementId) === isSeen)
        .map(({ archive }) => archive),
    ),
  ];
  const all = [...counted.values()].reduce((sum, events) => sum + events, proven);
  const archives = { proven: all, unseen: retired - all, seen: listNames(true), missing: listNames(false) };
  const warning = bundles.size > 0 ? describeBundles(archives) : describeUnseen(archives);
  return { findings, warnings: archives.unseen === 0 ? [] : [warning], report: { archives } };
};

function describeUnseen({ unseen, missing: [first = '', ...others] }: ArchiveReport): string {
  const which = others.length > 0 ? `${first} and ${others.length} more` : first;
  return `${unseen} retired event(s) are in archives that this check did not read (${which}). Give these with --archives to prove each event.`;
}

function describeBundles({ unseen, missing }: ArchiveReport): string {
  const which = missing.length > 0 ? ` This check did not read these archives: ${missing.join(', ')}.` : '';
  return `${unseen} event(s) of missing bundles are in no given archive.${which}`;
}
