/** The expressions for the columns of an event with which its related resources are found. */
interface RelatedRow {
  readonly related: string;
  readonly personal: string;
}

/**
 * Returns a SQL condition: an event names a resource as a related one. With the first part, PostgreSQL can use the index of the few events
 * that have related resources.
 *
 * @param type the expression for the type of the resource
 * @param id the expression for the id, which may be a fact or personal; absent for any resource of the type
 */
export function isRelated(row: RelatedRow, type: string, id?: string): string {
  const isOfId = id === undefined ? '' : ` AND ${selectId(row)} = ${id}`;
  return `(${row.related} IS NOT NULL AND EXISTS (SELECT FROM ${selectItems(row)} WHERE item.value->>'type' = ${type}${isOfId}))`;
}

/** Returns a SQL expression for the ids of an event's related resources of a type, as an array. */
export function selectRelatedIds(row: RelatedRow, type: string): string {
  return `ARRAY(SELECT ${selectId(row)} FROM ${selectItems(row)} WHERE item.value->>'type' = ${type})`;
}

/** A row that the ledger's writer did not write may contain any JSON. */
function selectItems({ related }: RelatedRow): string {
  return `json_array_elements(CASE WHEN json_typeof(${related}) = 'array' THEN ${related} END) WITH ORDINALITY AS item (value, nth)`;
}

function selectId({ personal }: RelatedRow): string {
  return `coalesce(item.value->>'id', (${personal})->>('/related/' || item.nth - 1 || '/id'))`;
}
