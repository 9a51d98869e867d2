/** Formats times and numbers in the reader's language and time zone. */
export interface Formats {
  /** Formats a time of day: `14:13:47.200`. */
  readonly time: (at: Date | string) => string;
  /** Formats a day: `Sat, 21 Nov 2026`. */
  readonly day: (at: Date | string) => string;
  /** Formats a day and a time, without milliseconds. */
  readonly moment: (at: Date | string) => string;
  /** Formats a day and a time in a short form: `21 Nov, 14:13`. */
  readonly short: (at: Date | string) => string;
  /** Formats a time of day for an axis: `14:13`. */
  readonly shortTime: (at: Date | string) => string;
  /** Formats a day for an axis: `21 Nov`. */
  readonly shortDay: (at: Date | string) => string;
  /** Formats the exact time in UTC, as the ledger stores it, for titles and for copying. */
  readonly utc: (at: Date | string) => string;
  /** The name of the reader's time zone, such as `Europe/Berlin`. */
  readonly timeZone: string;
  readonly number: (value: number) => string;
  /** Formats a number for small spaces: `1.2K`. */
  readonly compact: (value: number) => string;
  /** Formats a number of bytes: `1.2 MB`. */
  readonly bytes: (value: number) => string;
  readonly language: string;
}

/** Creates the formats of a language. The formats share formatters, because creating a formatter is slow. */
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
  const dateOf = (at: Date | string) => (typeof at === 'string' ? new Date(at) : at);
  return {
    time: (at) => time.format(dateOf(at)),
    day: (at) => day.format(dateOf(at)),
    moment: (at) => moment.format(dateOf(at)),
    short: (at) => short.format(dateOf(at)),
    shortTime: (at) => shortTime.format(dateOf(at)),
    shortDay: (at) => shortDay.format(dateOf(at)),
    utc: (at) => dateOf(at).toISOString().replace('T', ' ').replace('Z', ' UTC'),
    timeZone: time.resolvedOptions().timeZone,
    number: (value) => number.format(value),
    compact: (value) => compact.format(value),
    bytes: (value) =>
      value < 1e6 ? `${number.format(Math.ceil(value / 1e3))} kB` : `${compact.format(value / 1e6)} MB`,
    language,
  };
}
