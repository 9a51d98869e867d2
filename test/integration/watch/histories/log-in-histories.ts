import { failed, login, many, type History } from './history.js';

/** Of guessed passwords, of travels, and of accounts that were not used. */
export const LOG_IN_HISTORIES: readonly History[] = [
  {
    rule: 'brute_force',
    says: 'ten failures within ten minutes, over the border of an hour',
    events: many(10, (index) => failed(55 + index, 'ada')),
    alerts: ['brute_force of ada'],
  },
  {
    rule: 'brute_force',
    says: 'ten failures by an e-mail address',
    events: many(10, (index) => failed(index, '', { details: { email: 'ada@example.com' } })),
    alerts: ['brute_force of ada@example.com'],
  },
  {
    rule: 'brute_force',
    says: 'ten failures of which the resource alone says whose account it was',
    events: many(10, (index) => failed(index, '', { details: {}, resource: { type: 'user', id: 'u-1' } })),
    alerts: ['brute_force of u-1'],
  },
  {
    rule: 'brute_force',
    says: 'ten failures that are sealed in another order than they happened in',
    events: [9, 1, 8, 2, 7, 3, 6, 4, 5, 0].map((minute) => failed(minute, 'ada')),
    alerts: ['brute_force of ada'],
  },
  {
    rule: 'brute_force',
    says: 'a hundred failures in one go are one alert',
    events: many(100, (index) => failed(index / 10, 'ada')),
    alerts: ['brute_force of ada'],
  },
  {
    rule: 'brute_force',
    says: 'nine failures, and one with the marks of a canary, which is none',
    events: [
      ...many(9, (index) => failed(index, 'ada')),
      failed(9, 'ada', { actor: { type: 'system' }, resource: { type: 'audit_canary', id: 'c-1' } }),
    ],
    alerts: ['brute_force of ada'],
  },
  {
    rule: 'brute_force',
    says: 'nine failures',
    events: many(9, (index) => failed(index, 'ada')),
    alerts: [],
  },
  {
    rule: 'brute_force',
    says: 'ten failures in a little more than ten minutes',
    events: many(10, (index) => failed(index * 1.12, 'ada')),
    alerts: [],
  },
  {
    rule: 'brute_force',
    says: 'nine failures of a name, and nine of another',
    events: many(18, (index) => failed(index / 10, index % 2 === 0 ? 'ada' : 'bea')),
    alerts: [],
  },
  {
    rule: 'password_spray',
    says: 'fifteen names from one address',
    events: many(15, (index) => failed(index / 2, `name-${index}`)),
    alerts: ['password_spray of 203.0.113.7'],
  },
  {
    rule: 'password_spray',
    says: 'fourteen names from one address, each twice',
    events: many(28, (index) => failed(index / 4, `name-${index % 14}`)),
    alerts: [],
  },
  {
    rule: 'password_spray',
    says: 'fifteen names from one address, slowly',
    events: many(15, (index) => failed(index, `name-${index}`)),
    alerts: [],
  },
  {
    rule: 'password_spray',
    says: 'fifteen names from two addresses',
    events: many(15, (index) => failed(index / 2, `name-${index}`, { ip: `203.0.113.${index % 2}` })),
    alerts: [],
  },
  {
    rule: 'distributed_spray',
    says: 'fifty names from ten addresses, none of which tries fifteen',
    events: many(50, (index) => failed(index / 6, `name-${index}`, { ip: `203.0.113.${index % 10}` })),
    alerts: ['distributed_spray'],
  },
  {
    rule: 'distributed_spray',
    says: 'forty-nine names from ten addresses',
    events: many(60, (index) => failed(index / 7, `name-${index % 49}`, { ip: `203.0.113.${index % 10}` })),
    alerts: [],
  },
  {
    rule: 'distributed_spray',
    says: 'fifty names from nine addresses',
    events: many(50, (index) => failed(index / 6, `name-${index}`, { ip: `203.0.113.${index % 9}` })),
    alerts: [],
  },
  {
    rule: 'success_after_brute_force',
    says: 'a log-in of the account two hours later, by its name',
    events: [
      ...many(10, (index) => failed(index, 'ada')),
      login(129, 'ada', { ip: '198.51.100.9', details: { method: 'password' } }),
    ],
    alerts: ['brute_force of ada', 'success_after_brute_force of ada'],
  },
  {
    rule: 'success_after_brute_force',
    says: 'a log-in four hours later, one before, and one of somebody else',
    events: [
      login(-1, 'ada'),
      ...many(10, (index) => failed(index, 'ada')),
      login(10, 'bea', { ip: '198.51.100.9' }),
      login(250, 'ada'),
    ],
    alerts: ['brute_force of ada'],
  },
  {
    rule: 'success_after_spray',
    says: 'a log-in from the address',
    events: [...many(15, (index) => failed(index / 2, `name-${index}`)), login(20, 'name-3')],
    alerts: ['password_spray of 203.0.113.7', 'success_after_spray of 203.0.113.7'],
  },
  {
    rule: 'success_after_spray',
    says: 'a log-in from another address, and one before',
    events: [
      login(-5, 'name-3'),
      ...many(15, (index) => failed(index / 2, `name-${index}`)),
      login(20, 'name-3', { ip: '198.51.100.9' }),
    ],
    alerts: ['password_spray of 203.0.113.7'],
  },
  {
    rule: 'impossible_travel',
    says: 'log-ins from two countries within an hour, sealed in the other order',
    events: [login(59, 'ada', { country: 'BR' }), login(0, 'ada', { country: 'DE' })],
    alerts: ['impossible_travel of id-of-ada'],
  },
  {
    rule: 'impossible_travel',
    says: 'log-ins from two countries in more than an hour, from one country, and of two people',
    events: [
      login(0, 'ada', { country: 'DE' }),
      login(61, 'ada', { country: 'FR' }),
      login(62, 'bea', { country: 'DE' }),
      login(63, 'bea', { country: 'DE' }),
      login(64, 'cem', { country: 'IT' }),
      login(65, 'cem'),
    ],
    alerts: [],
  },
  {
    rule: 'dormant_account',
    says: 'a log-in after 91 days',
    events: [login(-91 * 1_440, 'ada'), login(0, 'ada'), login(10, 'ada')],
    alerts: ['dormant_account of id-of-ada'],
  },
  {
    rule: 'dormant_account',
    says: 'a first log-in, one after 89 days, and one that is sealed late',
    events: [
      login(0, 'new'),
      login(-89 * 1_440, 'ada'),
      login(0, 'ada'),
      login(0, 'bea'),
      login(-100 * 1_440, 'bea'),
      login(1, 'bea'),
    ],
    alerts: [],
  },
];
