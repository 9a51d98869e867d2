import type { ErasureRemains, OutsideCopy } from './remains.js';

const OUTSIDE: Readonly<Record<OutsideCopy, string>> = {
  backups: 'backups of the database',
  write_ahead_logs: 'write-ahead logs',
  archive_copies: 'copies of archives',
  unrecorded_exports: 'exports: the ledger does not record reads',
  watch_digests: 'digests that rules of the watch count by, until they forget them',
};

/** What an erasure leaves, in lines for a person to read; none where nothing was found. */
export function describeRemains(remains: ErasureRemains): readonly string[] {
  const { events, facts, archives, removedArchives, exports, outside } = remains;
  if (events === 0 && exports.length === 0 && outside.length === 0) return [];
  const names = Object.entries(facts).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return [
    `What remains: ${events} event(s) as sealed facts${names.length > 0 ? ', of these fields:' : '.'}`,
    ...names.map(([name, count]) => `  ${name}: ${count}`),
    ...Object.entries(archives).map(([archive, count]) => `In the archive ${archive}: ${count} of them.`),
    ...removedArchives.map((archive) => `The archive ${archive} was removed before. Copies of it were not reached.`),
    ...exports.map(
      ({ exportId, exportedAt, isCertain }) =>
        `The export ${exportId} of ${exportedAt} ${isCertain ? 'has' : 'may have'} the person's data.`,
    ),
    ...(outside.length > 0 ? [`Not reached: ${outside.map((place) => OUTSIDE[place]).join('; ')}.`] : []),
  ];
}
