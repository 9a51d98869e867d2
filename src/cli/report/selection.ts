/** The events that a check counts: each list must match; of `anyOf`, at least one selection must. */
export interface Selection {
  readonly types?: readonly string[];
  readonly actions?: readonly string[];
  readonly categories?: readonly string[];
  readonly outcomes?: readonly string[];
  readonly actorTypes?: readonly string[];
  readonly severities?: readonly string[];
  readonly anyOf?: readonly Selection[];
}

/** The fields of an event that a selection uses. */
export interface Selectable {
  readonly type: string;
  readonly action: string;
  readonly category: string;
  readonly outcome: string;
  readonly actorType: string;
  readonly severity: string;
}

const COLUMNS = [
  ['types', 'type', 'type'],
  ['actions', 'action', 'action'],
  ['categories', 'category', 'category'],
  ['outcomes', 'outcome', 'outcome'],
  ['actorTypes', 'actor_type', 'actorType'],
  ['severities', 'severity', 'severity'],
] as const;

/** Whether a selection matches such events. */
export function selects(selection: Selection, event: Selectable): boolean {
  const isInLists = COLUMNS.every(([list, , field]) => selection[list]?.includes(event[field]) ?? true);
  return isInLists && (selection.anyOf?.some((each) => selects(each, event)) ?? true);
}

/** Returns the selection as a SQL condition on `audit_event`. Its texts are the library's own. */
export function conditionOf(selection: Selection): string {
  const lists = COLUMNS.flatMap(([list, column]) => {
    const values = selection[list];
    return values ? [`${column} IN (${values.map((value) => `'${value}'`).join(', ')})`] : [];
  });
  const either = selection.anyOf?.map(conditionOf).join(' OR ');
  return [...lists, ...(either === undefined ? [] : [`(${either})`])].join(' AND ') || 'true';
}
