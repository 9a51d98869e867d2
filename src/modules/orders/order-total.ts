/** One line of an order. Whole numbers; the price in cents, of one piece. */
export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPriceCents: number;
}

/** What an order may hold, with prices up to a product's limit. The largest total, 10^14 cents, is a safe integer. */
export const ORDER_LIMITS = { items: 100, quantity: 10_000 } as const;

/** The sum of an order in cents: exact for lines within the limits. */
export function totalCentsOf(lines: readonly OrderLine[]): number {
  return lines.reduce((total, { quantity, unitPriceCents }) => total + quantity * unitPriceCents, 0);
}
