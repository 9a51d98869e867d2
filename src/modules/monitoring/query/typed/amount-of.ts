const AN_AMOUNT = /amount|price|total|cents$/i;

/** Returns the amount that an event is about, by the name to search for: `amountCents 15000`. */
export function amountOf(details: unknown): string | undefined {
  const [name, amount] =
    Object.entries(typeof details === 'object' && details !== null ? details : {}).find(
      ([field, value]) => AN_AMOUNT.test(field) && typeof value === 'number',
    ) ?? [];
  return name === undefined ? undefined : `${name} ${String(amount)}`;
}
