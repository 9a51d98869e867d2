/** The relations that events may have with each other. */
export const RELATIONS = ['operation', 'request', 'session', 'trace'] as const;
export type Relation = (typeof RELATIONS)[number];

/** Whether it is one relation, or a list of them. */
export function areRelations(given: unknown): given is Relation | readonly Relation[] {
  const list: readonly unknown[] = [given].flat();
  return list.length > 0 && list.every((each) => RELATIONS.some((relation) => relation === each));
}
