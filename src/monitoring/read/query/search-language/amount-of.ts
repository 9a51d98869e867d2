const AN_AMOUNT = /amount|price|total|cents$/i;

/** Returns the name and the value of an amount in the details, such as `amountCents 15000`. */
export function amountOf(details: unknown): string | undefined {
  const [name, amount] =
    Object.entries(typeof details === 'object' && details !== null ? details : {}).find(
      ([field, value]) => AN_AMOUNT.test(field) && typeof value === 'number',
    ) ?? [];
  return name === undefined ? undefined : `${name} ${String(amount)}`;
}
