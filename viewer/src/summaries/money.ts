const CURRENCY_FIELDS = ['currency', 'currencyCode', 'currency_code'];
const FRACTION = /^-?\d{1,12}\.\d{1,6}$/;
const INTEGER = /^-?\d{1,15}$/;
/** Not "percents". */
const CENTS_SUFFIX = /(?:^c|[a-z\d]C|_c)ents$/;
const MINOR_UNITS_SUFFIX = /(?:[a-z\d]M|_m)inor$/;

/**
 * Returns an amount as people write it, such as "€9.50", if a field beside it names the currency, and the amount shows its unit: a name such as
 * `totalCents`, or a decimal fraction. All values are untrusted.
 */
export function formatMoney(name: string, amount: unknown, context: readonly unknown[]): string | undefined {
  const [currency, other] = new Set(context.map(findCurrency).filter((each) => each !== undefined));
  const text = typeof amount === 'number' || typeof amount === 'string' ? String(amount) : '';
  if (currency === undefined || other !== undefined) return undefined;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, maximumFractionDigits: 6 });
  const digits = format.resolvedOptions().minimumFractionDigits ?? 0;
  if (INTEGER.test(text) && ((digits === 2 && CENTS_SUFFIX.test(name)) || MINOR_UNITS_SUFFIX.test(name))) {
    return format.format(Number(text) / 10 ** digits);
  }
  return FRACTION.test(text) && /(?:amount|price|total)$/i.test(name) ? format.format(Number(text)) : undefined;
}

function findCurrency(fields: unknown): string | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined;
  const name = CURRENCY_FIELDS.find((each) => Object.hasOwn(fields, each));
  const code = name === undefined ? undefined : (fields as Readonly<Record<string, unknown>>)[name];
  return typeof code === 'string' && /^[A-Za-z]{3}$/.test(code) ? code.toUpperCase() : undefined;
}
