const TIME = /^(\d{4}-\d\d-\d\d)(T(\d\d):(\d\d):(\d\d)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?)?$/;

/** A time as it is written. */
export interface WrittenTime {
  readonly ms: number;
  /** Whether it has a time of day, a fraction and an offset: PostgreSQL reads each form by itself. */
  readonly form: string;
}

/** The moment of a text that is a day or a time of RFC 3339; without an offset, in UTC. `undefined` for another text. */
export function timeOfText(text: string): WrittenTime | undefined {
  const [, day, ofDay, hour = '0', minute = '0', second = '0', fraction = '', zone = ''] = TIME.exec(text) ?? [];
  if (day === undefined) return undefined;
  const midnight = new Date(`${day}T00:00:00Z`);
  // A day that its month has not.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined;
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  if (h > 23 || m > 59 || s > 59) return undefined;
  const local = midnight.getTime() + ((h * 60 + m) * 60 + s + Number(`0${fraction}`)) * 1_000;
  const form = [ofDay !== undefined, fraction !== '', zone === '' || zone === 'Z' ? zone : 'offset'].join(' ');
  return { ms: local - offsetOf(zone), form };
}

function offsetOf(zone: string): number {
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  const ms = (hours * 60 + minutes) * 60_000;
  return zone.startsWith('-') ? -ms : ms;
}
