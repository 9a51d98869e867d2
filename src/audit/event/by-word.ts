/** Maps each value, and the words in the text beside it, to that value. */
export function byWord<Value extends string>(words: readonly (readonly [Value, string])[]): ReadonlyMap<string, Value> {
  return new Map(
    words.flatMap(([value, others]) => [value, ...(others.match(/\w+/g) ?? [])].map((word) => [word, value])),
  );
}
