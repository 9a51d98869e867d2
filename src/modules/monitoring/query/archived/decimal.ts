/** A number as its digits and where its point is: `digits × 10^-scale`. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/**
 * Compares a number of JSON with a decimal text as PostgreSQL does, to the last digit: below 0, 0 or above. Doubles would take
 * 9007199254740993 for its neighbour.
 */
export function compareDecimals(value: number, text: string): number {
  const [one, other] = [decimalOf(String(value)), decimalOf(text)];
  const scale = Math.max(one.scale, other.scale);
  const difference = scaled(one, scale) - scaled(other, scale);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

function decimalOf(text: string): Decimal {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(exponent) };
}

function scaled({ digits, scale }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - scale);
}
