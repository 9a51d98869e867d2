/** What the ledger last called those that an event knows by an id alone. */
export interface ShownNames {
  readonly actor?: string;
  readonly onBehalfOf?: string;
  readonly resource?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MOST_ID_CHARACTERS = 40;
/** A composite key of more parts is shortened as one text. */
const MOST_KEY_PARTS = 4;
const KEPT = { start: 20, end: 12 } as const;

/** An id short enough to read. A UUID keeps its ends, as the first half of many is the time alone. */
export function shortId(id: string): string {
  const parts = id.split(',', MOST_KEY_PARTS + 1);
  if (parts.length > 1 && parts.length <= MOST_KEY_PARTS) return parts.map(shortId).join(', ');
  if (UUID.test(id)) return `${id.slice(0, 4)}…${id.slice(-6)}`;
  const characters = Array.from(id.slice(0, 4096));
  if (characters.length <= MOST_ID_CHARACTERS) return id;
  return `${characters.slice(0, KEPT.start).join('')}…${characters.slice(-KEPT.end).join('')}`;
}

/** A name, and the id that tells it from others of that name: "Sencha, 100 g (…d2e251)". Of a UUID, its end does. */
export function nameWithId(name: string | undefined, id: string): string {
  if (name === undefined) return shortId(id);
  return `${name} (${UUID.test(id) ? `…${id.slice(-6)}` : shortId(id)})`;
}

/** "order_line" and "orderLine" as people write them: "order line". */
export function plainWords(name: string): string {
  return name
    .slice(0, 120)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[_\-\s]+/g, ' ')
    .trim()
    .replaceAll(/\b[A-Z][a-z]+\b/g, (word) => word.toLowerCase());
}
