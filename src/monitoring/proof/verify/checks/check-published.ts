import { parseAdoption, describeAdoption, isAbandoned } from '../../../keep/acts/adoption-act.js';
import { parseIdTime } from '../../../store/id-time.js';
import type { Checkpoint } from '../../log/notes/checkpoint.js';
import type { Check, CheckResult } from '../check.js';
import { isContinuedByTiles } from '../check-consistency.js';
import { checkActs } from './check-acts.js';

interface PublishedHeads extends CheckResult {
  /** The published heads that the log must continue. */
  readonly published: readonly Checkpoint[];
}

/**
 * Separates heads that a signed adoption gives up from heads that the log must continue. A head that the log continues does not count as
 * given up.
 */
export const checkPublished: Check<PublishedHeads> = async (run) => {
  const { source, size } = run.log;
  const { acts } = await run.of(checkActs);
  const adopted = [...acts.values()].flatMap(({ eventId, statement, by }) => {
    const adoption = parseAdoption(statement);
    return adoption ? [{ eventId, by, adoption, accounted: [] as number[] }] : [];
  });
  const published: Checkpoint[] = [];
  for (const head of run.log.published) {
    const own = adopted.find(({ adoption }) => isAbandoned(adoption, head));
    if (own && !(await isContinuedByTiles(source, size, head))) own.accounted.push(head.size);
    else published.push(head);
  }
  const adoptions = adopted.map(({ eventId, by, adoption: { oldSize, oldRoot, keptSize, newSize }, accounted }) => ({
    eventId,
    at: parseIdTime(eventId).toISOString(),
    ...(by === undefined ? {} : { by }),
    ...{ oldSize, oldRoot, keptSize, newSize },
    accounted: [...new Set(accounted)].toSorted((one, other) => one - other),
  }));
  return { published, warnings: adoptions.map(describeAdoption), report: adoptions.length > 0 ? { adoptions } : {} };
};
