const COLUMNS = {
  type: 'type',
  action: 'action',
  category: 'category',
  outcome: 'outcome',
  actorType: 'actor_type',
  severity: 'severity',
} as const;

type Field = keyof typeof COLUMNS;

export type Selectable = Readonly<Record<Field, string>>;

/** Selects events. For each given field, the list must contain the event's value. If `anyOf` is given, one of its selections must match. */
export interface Selection extends Readonly<Partial<Record<Field, readonly string[]>>> {
  readonly anyOf?: readonly Selection[];
}

const FIELDS = Object.keys(COLUMNS) as readonly Field[]; // the object's own keys

export function selects(selection: Selection, event: Selectable): boolean {
  const isInLists = FIELDS.every((field) => selection[field]?.includes(event[field]) ?? true);
  return isInLists && (selection.anyOf?.some((each) => selects(each, event)) ?? true);
}

/**
 * Returns the selection as a SQL condition on `audit_event`. The condition needs no escapes, since the texts in a selection are constants
 * of the library.
 */
export function conditionOf(selection: Selection): string {
  const lists = FIELDS.flatMap((field) => {
    const values = selection[field];
    return values ? [`${COLUMNS[field]} IN (${values.map((value) => `'${value}'`).join(', ')})`] : [];
  });
  const either = selection.anyOf?.map(conditionOf).join(' OR ');
  return [...lists, ...(either === undefined ? [] : [`(${either})`])].join(' AND ') || 'true';
}
