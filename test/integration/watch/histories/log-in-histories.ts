import { failed, login, many, historiesOf, type History } from './history.js';

export const LOG_IN_HISTORIES: readonly History[] = historiesOf({
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
  address_guessing: [
    [
      'twenty-four failures for four names within fifteen seconds',
      many(24, (index) => failed(index / 96, `name-${index % 4}`)),
      ['address_guessing of 203.0.113.7'],
    ],
    ['nineteen failures for four names', many(19, (index) => failed(index / 4, `name-${index % 4}`)), []],
    [
      'twenty failures for two names',
      many(20, (index) => failed(index / 4, index % 2 === 0 ? 'ada' : 'bea')),
      ['brute_force of ada', 'brute_force of bea'],
    ],
  ],
  distributed_spray: [
    [
      'fifty names from ten addresses, none of which tries fifteen',
      many(50, (index) => failed(index / 6, `name-${index}`, { ip: `203.0.113.${index % 10}` })),
      ['distributed_spray'],
    ],
    [
      'forty-nine names from ten addresses',
      many(60, (index) => failed(index / 7, `name-${index % 49}`, { ip: `203.0.113.${index % 10}` })),
      [],
    ],
    [
      'fifty names from nine addresses',
      many(50, (index) => failed(index / 6, `name-${index}`, { ip: `203.0.113.${index % 9}` })),
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
  impossible_travel: [
    [
      'log-ins from two countries in more than an hour, from one country, and of two people',
      [
        login(0, 'ada', { country: 'DE' }),
        login(61, 'ada', { country: 'FR' }),
        login(62, 'bea', { country: 'DE' }),
        login(63, 'bea', { country: 'DE' }),
        login(64, 'cem', { country: 'IT' }),
        login(65, 'cem'),
      ],
      [],
    ],
  ],
});
