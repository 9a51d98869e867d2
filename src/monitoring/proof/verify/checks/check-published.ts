import { adoptionOf, givesUp } from '../../../keep/acts/adoption-act.js';
import { timeOfId } from '../../../store/id-time.js';
import type { Checkpoint } from '../../log/notes/checkpoint.js';
import type { Check, Found } from '../check.js';
import { isContinuedByTiles } from '../check-consistency.js';
import type { AdoptionReport } from '../verification.js';
import { checkActs } from './check-acts.js';

interface PublishedHeads extends Found {
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
    const adoption = adoptionOf(statement);
    return adoption ? [{ eventId, by, adoption, accounted: [] as number[] }] : [];
  });
  const published: Checkpoint[] = [];
  for (const head of run.log.published) {
    const own = adopted.find(({ adoption }) => givesUp(adoption, head));
    if (own && !(await isContinuedByTiles(source, size, head))) own.accounted.push(head.size);
    else published.push(head);
  }
  const adoptions = adopted.map(({ eventId, by, adoption: { oldSize, oldRoot, keptSize, newSize }, accounted }) => ({
    eventId,
    at: timeOfId(eventId).toISOString(),
    ...(by === undefined ? {} : { by }),
    ...{ oldSize, oldRoot, keptSize, newSize },
    accounted: [...new Set(accounted)].toSorted((one, other) => one - other),
  }));
  return { published, warnings: adoptions.map(describeAdoption), report: adoptions.length > 0 ? { adoptions } : {} };
};

/** Describes for people which heads an adoption gave up, when, and by whom. */
function describeAdoption(adoption: AdoptionReport): string {
  const { eventId, at, by, oldSize, oldRoot, keptSize, newSize, accounted } = adoption;
  const who = by === undefined ? '' : ` by ${by}`;
  if (oldSize === keptSize) {
    return `An adoption (event ${eventId}, ${at}${who}) stated that the log of size ${newSize} was the newest one, because the last signed checkpoint was lost.`;
  }
  const sizes = accounted.length > MOST_SIZES ? [...accounted.slice(0, MOST_SIZES), '…'] : accounted;
  const own = accounted.length === 0 ? 'none' : `size ${sizes.join(', ')}`;
  return (
    `An adoption (event ${eventId}, ${at}${who}) gave up the signed head of size ${oldSize}, root ${oldRoot}, and the checkpoints ` +
    `above size ${keptSize} that lead to it. The log continued from size ${newSize}. The adoption gave up these checkpoints of yours: ${own}.`
  );
}

const MOST_SIZES = 10;
