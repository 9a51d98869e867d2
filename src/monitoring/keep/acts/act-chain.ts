import { hashAct, NO_ACT_HASH, type Act } from './act-note.js';

export interface ActPlace {
  readonly number: number;
  readonly note: string;
}

export const FIRST_PLACE: ActPlace = { number: 0, note: '' };

/** Checks that each act has the next number, and states the hash of the previous act. Add the acts in the order of their numbers. */
export class ActChain {
  /** @param last the act before the first added act */
  constructor(private last: ActPlace = FIRST_PLACE) {}

  /**
   * Checks the position of the next act, and returns what is wrong with the act. `missing` has the numbers of the acts that are missing
   * before this act.
   *
   * @param act the verified content of the act's note; absent if the note could not be verified
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
  if (act.number !== number) return { wrong: `its note states the number ${act.number}` };
  if (previous !== undefined && act.previous !== previous) {
    return { wrong: 'its hash of the previous act is wrong' };
  }
  return {};
}
