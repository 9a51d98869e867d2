import { hashAct, NO_ACT_HASH, type Act } from './act-note.js';

/** Where an act stands. */
export interface ActPlace {
  readonly number: number;
  readonly note: string;
}

/** Where nothing stands: before the first act of a ledger. */
export const FIRST_PLACE: ActPlace = { number: 0, note: '' };

/**
 * Holds acts, given in the order of their numbers, against what each states of its place: its number, and the hash of the act
 * before it.
 */
export class ActChain {
  /** @param last the act before the first that is given */
  constructor(private last: ActPlace = FIRST_PLACE) {}

  /**
   * What is wrong with the next act's place; `undefined` where nothing is. `missing` says which numbers nothing has before it.
   *
   * @param act what its note says, once it is verified; nothing else can be told of one that is not
   */
  add(
    place: ActPlace,
    act: Act | undefined,
  ): { readonly wrong?: string; readonly isTwice: boolean; readonly missing?: { first: number; last: number } } {
    const { last } = this;
    if (place.number === last.number) return { isTwice: true };
    this.last = place;
    const first = last.number + 1;
    if (place.number > first) {
      return { isTwice: false, missing: { first, last: place.number - 1 }, ...wrongOf(place, act, undefined) };
    }
    return { isTwice: false, ...wrongOf(place, act, last.number === 0 ? NO_ACT_HASH : hashAct(last.note)) };
  }
}

function wrongOf(
  { number }: ActPlace,
  act: Act | undefined,
  previous: string | undefined,
): { readonly wrong?: string } {
  if (!act) return {};
  if (act.number !== number) return { wrong: `its note says that it is act ${act.number}` };
  if (previous !== undefined && act.previous !== previous) {
    return { wrong: 'it states another hash than that of the act before it' };
  }
  return {};
}
