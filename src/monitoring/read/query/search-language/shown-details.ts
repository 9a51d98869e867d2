import { isOwnEventsFilter } from './to-filters.js';

/** These filters do not say what was sought. */
const PAGE_PARAMETERS = ['order', 'cursor', 'fields', 'include', 'by', 'timeZone'];

const COMPARISONS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'exists'];

/**
 * Returns the filters of a read of the ledger, each as a name and a value, such as `details.amount[gt]` and `100`. Leaves out the filters
 * by which a search omits the ledger's own events. `details` are those of the event about the read.
 */
export function listSearchTerms(details: unknown): readonly (readonly [name: string, value: string])[] {
  const { filters } = (details ?? {}) as { readonly filters?: unknown }; // details may contain any value
  return Object.entries(isObject(filters) ? filters : {})
    .filter(([name]) => !PAGE_PARAMETERS.includes(name))
    .flatMap(([name, value]) => toPairs(name, value))
    .filter((pair) => !isOwnEventsFilter(pair));
}

function toPairs(name: string, value: unknown): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[name, value]];
  if (Array.isArray(value)) return [[name, value.map(String).join(',')]];
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    toPairs(COMPARISONS.includes(key) ? `${name}[${key}]` : `${name}.${key}`, each),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

const AMOUNT_FIELD = /amount|price|total|cents$/i;

/** Returns the name and the value of an amount in the details, such as `amountCents 15000`. */
export function getAmount(details: unknown): string | undefined {
  const [name, amount] =
    Object.entries(typeof details === 'object' && details !== null ? details : {}).find(
      ([field, value]) => AMOUNT_FIELD.test(field) && typeof value === 'number',
    ) ?? [];
  return name === undefined ? undefined : `${name} ${String(amount)}`;
}
