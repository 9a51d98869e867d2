export interface Formats {
  readonly time: (at: Date | string) => string;
  readonly day: (at: Date | string) => string;
  readonly moment: (at: Date | string) => string;
  readonly short: (at: Date | string) => string;
  readonly shortTime: (at: Date | string) => string;
  readonly shortDay: (at: Date | string) => string;
  /** Formats the exact time in UTC, as the ledger stores it, for titles and for copying. */
  readonly utc: (at: Date | string) => string;
  readonly timeZone: string;
  readonly number: (value: number) => string;
  readonly compact: (value: number) => string;
  readonly bytes: (value: number) => string;
  readonly language: string;
}

/** The formats share formatters, because creating a formatter is slow. */
export function createFormats(language: string, timeZone?: string): Formats {
  const zone = timeZone === undefined ? {} : { timeZone };
  const time = new Intl.DateTimeFormat(language, {
    ...zone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  });
  const day = new Intl.DateTimeFormat(language, {
    ...zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
  const moment = new Intl.DateTimeFormat(language, {
    ...zone,
    dateStyle: 'medium',
    timeStyle: 'medium',
    hourCycle: 'h23',
  });
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const date = { day: 'numeric', month: 'short' } as const;
  const short = new Intl.DateTimeFormat(language, { ...zone, ...date, ...clock });
  const shortTime = new Intl.DateTimeFormat(language, { ...zone, ...clock });
  const shortDay = new Intl.DateTimeFormat(language, { ...zone, ...date });
  const number = new Intl.NumberFormat(language);
  const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
  const toDate = (at: Date | string) => (typeof at === 'string' ? new Date(at) : at);
  return {
    time: (at) => time.format(toDate(at)),
    day: (at) => day.format(toDate(at)),
    moment: (at) => moment.format(toDate(at)),
    short: (at) => short.format(toDate(at)),
    shortTime: (at) => shortTime.format(toDate(at)),
    shortDay: (at) => shortDay.format(toDate(at)),
    utc: (at) => toDate(at).toISOString().replace('T', ' ').replace('Z', ' UTC'),
    timeZone: time.resolvedOptions().timeZone,
    number: (value) => number.format(value),
    compact: (value) => compact.format(value),
    bytes: (value) =>
      value < 1e6 ? `${number.format(Math.ceil(value / 1e3))} kB` : `${compact.format(value / 1e6)} MB`,
    language,
  };
}

/** The reader's variant of English, such as British English, decides the format of times and numbers. */
export function resolveLocale(requested: readonly string[]): string {
  return requested.find((tag) => tag.startsWith('en') && isLocale(tag)) ?? 'en';
}

/** Under a POSIX locale, a browser may report a tag that `Intl` refuses, such as `en-US@posix`. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}
