import { isOfEnd } from '../event/input-places.js';

type Fields = Readonly<Record<string, unknown>>;

/** Separates the fields that have no place in a call. Fields that state how it ended go to `record()`, which interprets them. */
export function endOfCall(
  fields: Fields,
  isDetail: (name: string) => boolean = () => false,
): { readonly end: Fields; readonly others: Fields } {
  const isEnd = ([name, value]: readonly [string, unknown]): boolean => !isDetail(name) && isOfEnd(name, value);
  const entries = Object.entries(fields);
  return {
    end: Object.fromEntries(entries.filter(isEnd)),
    others: Object.fromEntries(entries.filter((each) => !isEnd(each))),
  };
}
