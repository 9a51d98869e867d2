import type { ActStatement } from '../../../keep/acts/act-note.js';
import { adoptionOf, givesUp, type StatedAdoption } from '../../../keep/acts/adoption-act.js';
import { timeOfId } from '../../../store/id-time.js';
import type { Checkpoint } from '../../log/notes/checkpoint.js';
import { isContinuedByTiles } from '../check-consistency.js';
import type { LogSource } from '../sources/log-source.js';

/** An adoption: the signed heads that the operator gave up. */
export interface AdoptionReport extends Pick<StatedAdoption, 'oldSize' | 'oldRoot' | 'keptSize' | 'newSize'> {
  /** The id of the event that carries the act. */
  readonly eventId: string;
  /** RFC 3339. */
  readonly at: string;
  /** The id of the adoption's actor; absent if the event is not stored. */
  readonly by?: string;
  /** The sizes of the caller's checkpoints that the adoption gave up. */
  readonly accounted: readonly number[];
}

/** An act that passed all checks, with its actor. */
export interface KnownAct {
  readonly eventId: string;
  readonly statement: ActStatement;
  readonly by?: string | undefined;
}

interface ExplainedHeads {
  readonly published: readonly Checkpoint[];
  readonly adoptions: readonly AdoptionReport[];
}

/**
 * Separates heads that a signed adoption gives up from heads that the log must continue. A head that the log continues does not count as
 * given up. Rejects with the source's error.
 *
 * @param size the size of the log
 */
export async function explainHeads(
  kept: readonly Checkpoint[],
  acts: Iterable<KnownAct>,
  source: Pick<LogSource, 'readTile'>,
  size: number,
): Promise<ExplainedHeads> {
  const adoptions = [...acts].flatMap(({ eventId, statement, by }) => {
    const adoption = adoptionOf(statement);
    return adoption ? [{ eventId, by, adoption, accounted: [] as number[] }] : [];
  });
  const published: Checkpoint[] = [];
  for (const head of kept) {
    const own = adoptions.find(({ adoption }) => givesUp(adoption, head));
    if (own && !(await isContinuedByTiles(source, size, head))) own.accounted.push(head.size);
    else published.push(head);
  }
  return {
    published,
    adoptions: adoptions.map(({ eventId, by, adoption: { oldSize, oldRoot, keptSize, newSize }, accounted }) => ({
      eventId,
      at: timeOfId(eventId).toISOString(),
      ...(by === undefined ? {} : { by }),
      oldSize,
      oldRoot,
      keptSize,
      newSize,
      accounted: [...new Set(accounted)].toSorted((one, other) => one - other),
    })),
  };
}

/** Describes for people which heads an adoption gave up, when, and by whom. */
export function describeAdoption(adoption: AdoptionReport): string {
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
