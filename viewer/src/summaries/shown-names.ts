export interface DisplayNames {
  readonly actor?: string;
  readonly onBehalfOf?: string;
  readonly resource?: string;
  /** The name of the record that a read of the log was about. */
  readonly about?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MAX_ID_CHARACTERS = 40;
/** If a composite key has at most this many parts, each part is shortened separately. */
const MAX_KEY_PARTS = 4;
const SHOWN_CHARACTERS = { start: 20, end: 12 } as const;

/** The first half of many UUIDs is only a time, so the end of a UUID stays. */
export function shortenId(id: string): string {
  const parts = id.split(',', MAX_KEY_PARTS + 1);
  if (parts.length > 1 && parts.length <= MAX_KEY_PARTS) return parts.map(shortenId).join(', ');
  if (UUID.test(id)) return `${id.slice(0, 4)}…${id.slice(-6)}`;
  const characters = Array.from(id.slice(0, 4096));
  if (characters.length <= MAX_ID_CHARACTERS) return id;
  return `${characters.slice(0, SHOWN_CHARACTERS.start).join('')}…${characters.slice(-SHOWN_CHARACTERS.end).join('')}`;
}

/** The id distinguishes equal names: "Sencha, 100 g (…d2e251)". */
export function formatNameWithId(name: string | undefined, id: string): string {
  if (name === undefined) return shortenId(id);
  return `${name} (${UUID.test(id) ? `…${id.slice(-6)}` : shortenId(id)})`;
}

/** Writes "order_line" and "orderLine" as words: "order line". */
export function toPlainWords(name: string): string {
  return name
    .slice(0, 120)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[_\-\s]+/g, ' ')
    .trim()
    .replaceAll(/\b[A-Z][a-z]+\b/g, (word) => word.toLowerCase());
}
