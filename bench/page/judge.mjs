import { summarize } from '../statistics.mjs';

/** What a result reached of a mark: `moonshot`, `reached` or `short`, with the figures; `undefined` if it was not measured. */
export function judge(mark, parts) {
  if (!mark.needs.every((part) => part in parts) || mark.isIn?.(parts) === false) return undefined;
  const figures = summarize(mark.read(parts));
  const reaches = (bound) =>
    bound !== undefined && (mark.atLeast === undefined ? figures.median <= bound : figures.median >= bound);
  const verdict = reaches(mark.moonshot) ? 'moonshot' : reaches(mark.atLeast ?? mark.atMost) ? 'reached' : 'short';
  return { ...figures, verdict };
}
