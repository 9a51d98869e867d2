import { hashAct, NO_ACT_HASH, type Act } from './act-note.js';

/** The place of an act in the chain of acts. */
export interface ActPlace {
  readonly number: number;
  readonly note: string;
}

/** The place before the first act of a ledger. */
export const FIRST_PLACE: ActPlace = { number: 0, note: '' };

/** Checks acts, given in the order of their numbers, against the place that each states: its number, and the hash of the act before it. */
export class ActChain {
  /** @param last the act before the first that is given */
  constructor(private last: ActPlace = FIRST_PLACE) {}

  /**
   * Returns what is wrong with the next act's place; `undefined` if it is right. `missing` says which numbers before it are missing.
   *
   * @param act the verified content of its note; absent if the note could not be verified
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
