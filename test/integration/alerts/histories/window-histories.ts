import type { AuditEvent } from '../../../../src/audit/index.js';
import { at, failed, login, many, moved, type History } from './history.js';

const MINUTE_MS = 60_000;
const HOUR = 60;
/** 15:00 of the first day: fixed windows of minutes, of one hour and of three hours would end here. */
const BORDER_MS = 3 * 3_600_000;

/** The last event decides: it comes as late as the rule still counts it. */
interface Decided {
  readonly rule: string;
  /** Each call makes events with new ids. `overMs` delays the last event. */
  readonly make: (overMs: number) => readonly AuditEvent[];
  readonly intime: readonly string[];
  readonly late: readonly string[];
  /** Alerts where the last event happened to another tenant, or never. */
  readonly without: readonly string[];
}

const by = (id: string) => ({ actor: { type: 'user', id } }) as const;
const spray = () => many(15, (index) => failed(index / 2, `name-${index}`));
const guesses = () => many(10, (index) => failed(index, 'ada'));
/** Spreads `count` events over `minutes`; `overMs` delays the last event. */
const spread = (index: number, count: number, minutes: number, overMs: number) =>
  (index * minutes) / (count - 1) + (index === count - 1 ? overMs / MINUTE_MS : 0);

const DECIDED: readonly Decided[] = [
  {
    rule: 'brute_force',
    make: (overMs) => many(10, (index) => failed(spread(index, 10, 10, overMs), 'ada')),
    ...{ intime: ['brute_force of ada'], late: [], without: [] },
  },
  {
    rule: 'password_spray',
    make: (overMs) => many(15, (index) => failed(spread(index, 15, 10, overMs), `name-${index}`)),
    ...{ intime: ['password_spray of 203.0.113.7'], late: [], without: [] },
  },
  {
    rule: 'success_after_brute_force',
    make: (overMs) => [...guesses(), login(9 + 3 * HOUR + overMs / MINUTE_MS, 'ada')],
    intime: ['brute_force of ada', 'success_after_brute_force of ada'],
    ...{ late: ['brute_force of ada'], without: ['brute_force of ada'] },
  },
  {
    rule: 'success_after_spray',
    make: (overMs) => [...spray(), login(7 + 3 * HOUR + overMs / MINUTE_MS, 'name-3')],
    intime: ['password_spray of 203.0.113.7', 'success_after_spray of 203.0.113.7'],
    ...{ late: ['password_spray of 203.0.113.7'], without: ['password_spray of 203.0.113.7'] },
  },
  {
    rule: 'mass_export',
    make: (overMs) => many(20, (index) => at(spread(index, 20, HOUR, overMs), 'data_exported', by('ada'))),
    ...{ intime: ['mass_export of ada'], late: [], without: [] },
  },
  {
    rule: 'mass_reading',
    make: (overMs) =>
      many(100, (index) =>
        at(spread(index, 100, 10, overMs), 'data_viewed', {
          ...by('ada'),
          resource: { type: 'customer', id: `c-${index}` },
        }),
      ),
    ...{ intime: ['mass_reading of ada'], late: [], without: [] },
  },
];

export const WINDOW_KINDS = [
  'with the last event just in time',
  'with the last event a millisecond later',
  'over the border of fixed hours',
  'sealed the other way round',
  'with the last event of another tenant, just in time',
  'with the last event of another tenant, a millisecond later',
] as const;

export const WINDOW_HISTORIES: readonly History[] = DECIDED.flatMap(({ rule, make, intime, late, without }) => {
  const tried: Readonly<Record<(typeof WINDOW_KINDS)[number], readonly [readonly AuditEvent[], readonly string[]]>> = {
    'with the last event just in time': [make(0), intime],
    'with the last event a millisecond later': [make(1), late],
    'over the border of fixed hours': [overBorder(make(0)), intime],
    'sealed the other way round': [make(0).toReversed(), intime],
    'with the last event of another tenant, just in time': [lastElsewhere(make(0)), without],
    'with the last event of another tenant, a millisecond later': [lastElsewhere(make(1)), without],
  };
  return WINDOW_KINDS.map((message) => ({ rule, message, events: tried[message][0], alerts: tried[message][1] }));
});

function lastElsewhere(events: readonly AuditEvent[]): readonly AuditEvent[] {
  return events.map((event, index) => (index === events.length - 1 ? { ...event, tenantId: 'elsewhere' } : event));
}

/** 15:00, a border of fixed windows, comes to lie in the middle of the history. */
function overBorder(events: readonly AuditEvent[]): readonly AuditEvent[] {
  const times = events.map(({ occurredAt }) => Date.parse(occurredAt));
  const middle = (Math.min(...times) + Math.max(...times)) / 2;
  const noon = Math.floor(middle / 86_400_000) * 86_400_000 + 43_200_000;
  const byMs = Math.round(noon + BORDER_MS - middle);
  return events.map((event, index) => moved(event, (times[index] ?? 0) + byMs));
}
