import { failed, login, many, buildHistories, type History } from './history.js';

export const LOG_IN_HISTORIES: readonly History[] = buildHistories({
  brute_force: [
    [
      'ten failures by an e-mail address',
      many(10, (index) => failed(index, '', { details: { email: 'ada@example.com' } })),
      ['brute_force of ada@example.com'],
    ],
    [
      'ten failures of which the resource alone says whose account it was',
      many(10, (index) => failed(index, '', { details: {}, resource: { type: 'user', id: 'u-1' } })),
      ['brute_force of u-1'],
    ],
    ['nine failures', many(9, (index) => failed(index, 'ada')), []],
    [
      'twenty failures for two names',
      many(20, (index) => failed(index / 4, index % 2 === 0 ? 'ada' : 'bea')),
      ['brute_force of ada', 'brute_force of bea'],
    ],
    [
      'nine failures of a name, and nine of another',
      many(18, (index) => failed(index / 10, index % 2 === 0 ? 'ada' : 'bea')),
      [],
    ],
  ],
  password_spray: [
    [
      'fifteen names from two addresses',
      many(15, (index) => failed(index / 2, `name-${index}`, { ip: `203.0.113.${index % 2}` })),
      [],
    ],
  ],
  success_after_brute_force: [
    [
      'a log-in of the account two hours later, by its name',
      [
        ...many(10, (index) => failed(index, 'ada')),
        login(129, 'ada', { ip: '198.51.100.9', details: { method: 'password' } }),
      ],
      ['brute_force of ada', 'success_after_brute_force of ada'],
    ],
    [
      'a log-in four hours later, one before, and one of somebody else',
      [
        login(-1, 'ada'),
        ...many(10, (index) => failed(index, 'ada')),
        login(10, 'bea', { ip: '198.51.100.9' }),
        login(250, 'ada'),
      ],
      ['brute_force of ada'],
    ],
  ],
  success_after_spray: [
    [
      'a log-in from another address, and one before',
      [
        login(-5, 'name-3'),
        ...many(15, (index) => failed(index / 2, `name-${index}`)),
        login(20, 'name-3', { ip: '198.51.100.9' }),
      ],
      ['password_spray of 203.0.113.7'],
    ],
  ],
});
