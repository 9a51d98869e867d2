import { describe, expect, it } from '@jest/globals';
import { classifyFault } from './call-provider.js';

function error(message: string, fields: object = {}): Error {
  return Object.assign(new Error(message), fields);
}

const postgres = (code: string): Error => error('of the server', { code, severity: 'FATAL' });
const refused = error('connect ECONNREFUSED 127.0.0.1:5432', { code: 'ECONNREFUSED', syscall: 'connect' });

it.each([
  ['a refused connection', refused],
  ['a reset one', error('read ECONNRESET', { code: 'ECONNRESET' })],
  ['a shutdown', postgres('57P01')],
  ['too many connections', postgres('53300')],
  ['a read-only server', postgres('25006')],
  ['a missing table', postgres('42P01')],
  ['a client whose server went away', error('Connection terminated unexpectedly')],
  ['one that was told so before', error('Client has encountered a connection error and is not queryable')],
  ['a pool without an answer', error('timeout exceeded when trying to connect')],
  ['fetch', error('fetch failed', { cause: error('connect timeout', { code: 'UND_ERR_CONNECT_TIMEOUT' }) })],
  ['a host with two addresses', new AggregateError([refused, refused])],
  ['TypeORM', error('query failed', { driverError: error('Connection terminated unexpectedly') })],
  ['a wrapper of a wrapper', new Error('no', { cause: new Error('no', { cause: postgres('08006') }) })],
  ['MongoDB', error('no primary', { name: 'MongoServerSelectionError' })],
  ['MySQL', error('lost', { code: 'PROTOCOL_CONNECTION_LOST' })],
])('an error of a connection is the store’s fault, whoever throws it: %s', (_what, thrown) => {
  expect(classifyFault(thrown)).toBe('store');
});

describe('an error is of unknown fault', () => {
  const circle: { cause?: unknown } = {};
  circle.cause = circle;

  it.each([
    ['that blames a value', postgres('22P02')],
    ['of a constraint', postgres('23505')],
    ['that quotes an event', error('refused: "Connection terminated"')],
    ['of a missing file', error('open ENOENT', { code: 'ENOENT', syscall: 'open' })],
    ['that causes itself', circle],
    ['that is a text', 'ECONNREFUSED'],
    ['that is nothing', undefined],
  ])('%s', (_what, thrown) => {
    expect(classifyFault(thrown)).toBe('unknown');
  });

  it('unless it names its fault itself', () => {
    expect(classifyFault(error('no', { fault: 'events' }))).toBe('events');
    expect(classifyFault(error('connect', { fault: 'events', code: 'ECONNREFUSED' }))).toBe('events');
    expect(classifyFault(error('no', { fault: 'store' }))).toBe('store');
    expect(classifyFault(error('no', { fault: 'other' }))).toBe('unknown');
  });
});
