import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from '../../audit/index.js';
import { resolveMonitoringOptions, type MonitoringOptions } from './monitoring-options.js';

const connectionUrl = 'postgresql://audit:s3cret@localhost:5432/audit';
const authorize = (): boolean => true;

describe('the options of the monitoring module', () => {
  it('have defaults', () => {
    expect(resolveMonitoringOptions({ connectionUrl, authorize })).toEqual({
      connectionUrl,
      authorize,
      maxWriteConnections: 2,
      signingKeyFile: '.data/signing.key',
      origin: 'nestjs-audit-ledger.local/ledger',
      maxReadConnections: 2,
    });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ connectionUrl: undefined }, 'connectionUrl is no PostgreSQL address'],
    [{ connectionUrl: 'mysql://audit:s3cret@localhost/audit' }, 'connectionUrl is no PostgreSQL address'],
    [{ connectionUrl: 's3cret' }, 'connectionUrl is no PostgreSQL address'],
    [{ maxWriteConnections: 0 }, 'maxWriteConnections is 0, not a whole number from 1 to 20'],
    [{ maxWriteConnections: 21 }, 'maxWriteConnections is 21, not'],
    [{ maxReadConnections: 1.5 }, 'maxReadConnections is 1.5, not'],
    [{ authorize: undefined }, 'authorize is not a function'],
    [{ signingKeyFile: '' }, 'signingKeyFile is no path'],
    [{ origin: 'my log' }, 'origin is no name of a log'],
  ])('are refused with %j', (given, seen) => {
    const wrong = { connectionUrl, authorize, ...given } as MonitoringOptions; // as plain JavaScript gives them
    const refuse = (): unknown => resolveMonitoringOptions(wrong);

    expect(refuse).toThrow(InvalidOptionsError);
    expect(refuse).toThrow(seen);
    expect(refuse).not.toThrow('s3cret');
    expect(refuse).toThrow('Correct the options given to MonitoringModule.');
  });

  it('are refused all at once', () => {
    const wrong = { connectionUrl: '', authorize, maxWriteConnections: 0, maxReadConnections: 0 };
    expect(() => resolveMonitoringOptions(wrong)).toThrow(/connectionUrl.*maxWriteConnections.*maxReadConnections/);
  });
});
