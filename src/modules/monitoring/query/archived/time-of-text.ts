const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:Z|([+-])(\d\d):(\d\d))?)?$/;

/** The moment of a text that is a day or a time of RFC 3339, in milliseconds; without an offset, in UTC. `undefined` for another text. */
export function timeOfText(text: string): number | undefined {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', sign, hours = '0', minutes = '0'] =
    TIME.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const midnight = new Date(`${year}-${month}-${day}T00:00:00Z`);
  // A day that its month has not.
  if (Number.isNaN(midnight.getTime()) || midnight.getUTCDate() !== Number(day)) return undefined;
  const [ofDay, offset] = [
    [hour, minute, second],
    [hours, minutes],
  ].map((parts) => parts.map(Number));
  const [h = 0, m = 0, s = 0] = ofDay ?? [];
  if (h > 24 || m > 59 || s > 59) return undefined;
  const [offsetHours = 0, offsetMinutes = 0] = offset ?? [];
  const local = midnight.getTime() + ((h * 60 + m) * 60 + s) * 1_000 + Number(`0.${fraction}0`) * 1_000;
  return local - (sign === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
}
