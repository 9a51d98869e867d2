import { describe, expect, it } from '@jest/globals';
import type { AuthorizeLedger } from './read/access/ledger-access.js';
import { generateKeyPair } from './proof/log/notes/note-key.js';
import { resolveMonitoringOptions, type MonitoringOptions } from './monitoring-options.js';

const connectionUrl = 'postgresql://audit:s3cret@localhost:5432/audit';
const LOG_KEY = generateKeyPair('example.com/log').verifierKey;
const WITNESS_KEY = generateKeyPair('w1.example', { type: 'cosignature' }).verifierKey;
const authorize: AuthorizeLedger = () => ({ scope: 'all' });

describe('the options of the monitoring module', () => {
  it('give the sequencer the schema and the options of the other login, unless it has its own', () => {
    const sequencerUrl = 'postgresql://sealer@localhost:5432/audit';
    const of = (options: Partial<MonitoringOptions>) =>
      resolveMonitoringOptions({ connectionUrl, authorize, ...options });
    const inAudit = '?options=-c+search_path%3Daudit';
    expect(of({ connectionUrl: connectionUrl + inAudit, sequencerUrl }).sequencerUrl).toBe(sequencerUrl + inAudit);
    const own = `${sequencerUrl}?options=-c+search_path%3Down`;
    expect(of({ connectionUrl: connectionUrl + inAudit, sequencerUrl: own }).sequencerUrl).toBe(own);
    expect(of({ sequencerUrl, schema: 'audit' }).sequencerUrl).toBe(
      `${sequencerUrl}?options=-c+search_path%3D%22audit%22`,
    );
  });

  it('are listed together with a missing key file in production', () => {
    const { NODE_ENV: before } = process.env;
    process.env.NODE_ENV = 'production';
    try {
      const input = { connectionUrl: 'mysql://localhost/audit', authorize, signingKeyFile: '/no/such/signing.key' };
      expect(() => resolveMonitoringOptions(input)).toThrow(
        /connectionUrl must be .*; signingKeyFile is missing at \/no\/such\/signing\.key: make it with/,
      );
      expect(() => resolveMonitoringOptions({ ...input, connectionUrl })).not.toThrow(); // the key alone has its own error
    } finally {
      process.env.NODE_ENV = before;
    }
  });

  it.each<[Record<string, unknown>, string]>([
    [{ connectionUrl: undefined }, 'connectionUrl must be a PostgreSQL address'],
    [{ connectionUrl: 'mysql://audit:s3cret@localhost/audit' }, 'connectionUrl must be a PostgreSQL address'],
    [{ maxWriteConnections: 0 }, 'maxWriteConnections is 0, not a whole number from 1 to 20'],
    [{ authorize: undefined }, 'authorize is not a function'],
    [{ retentoin: { days: 90 } }, 'retentoin is an unknown option (did you mean retention?)'],
    [{ retention: { days: 90, category: {} } }, 'retention.category is an unknown option (did you mean categories?)'],
    [{ publicCheckpoints: 'false' }, 'publicCheckpoints is neither true nor false'],
    [{ witnesses: 'w1' }, 'witnesses must be a list'],
    [{ retention: { days: 90, tenants: { acme: 30 } } }, 'retention.tenants.acme is 30 and retention.days is 90'],
    [{ checkpointFile: '' }, 'checkpointFile must be a non-empty path'],
    [
      { signer: { publicKey: 'x' } },
      'signer must be an object with publicKey (a text or bytes) and the function sign, or a list of such objects',
    ],
    [
      { checkpointFile: 'kept', erasureFile: 'kept' },
      'erasureFile and checkpointFile are both kept: give each a file of its own',
    ],
    [
      { signingKeyFile: 'key', signingKey: 'PRIVATE' },
      'signingKey and signingKeyFile are both set: give only one of them',
    ],
    [{ checkpointMemory: { read: () => '' } }, 'checkpointMemory must be a non-empty path, or an object with'],
    [{ signingKeyFile: 'key', checkpointFile: './key' }, 'checkpointFile and signingKeyFile are both ./key: give each'],
    [{ checkpointWebhook: 'ftp://example.org' }, 'checkpointWebhook must be an http or https URL'],
    [{ witnesses: [{ verifierKey: 'w1', url: 'https://w1.example' }] }, 'witnesses[0].verifierKey must be <name>'],
    [
      { witnesses: [{ verifierKey: LOG_KEY, url: 'https://w1.example' }] },
      'witnesses[0].verifierKey is the key of a log, not of a witness',
    ],
    [{ witnesses: [{ verifierKey: WITNESS_KEY, url: 'w1.example' }] }, 'witnesses[0].url must be an http'],
    [
      { witnesses: [{ verifierKey: WITNESS_KEY, url: 'https://w1.example' }], witnessQuorum: 2 },
      'witnessQuorum is 2, not a whole number from 0 to 1',
    ],
    [{ schema: '$user' }, 'schema must be the name of a schema'],
    [{ schema: 'ß'.repeat(32) }, 'schema must be the name of a schema'],
    [{ origin: 'my log' }, 'origin must be the name of a log'],
    [{ metricsToken: 'too short' }, 'metricsToken must be a token of 16 characters or more, without blanks'],
  ])('are refused with %j', (input, seen) => {
    const wrong = { connectionUrl, authorize, ...input } as MonitoringOptions; // plain JavaScript may pass any value
    const refuse = (): unknown => resolveMonitoringOptions(wrong);

    expect(refuse).toThrow(expect.objectContaining({ code: 'AUDIT_OPTIONS_INVALID' }));
    expect(refuse).toThrow(seen);
    expect(refuse).not.toThrow('s3cret');
    expect(refuse).toThrow('Cannot start MonitoringModule: ');
  });

  it.each([
    ['', 'audit', '-c search_path="audit"'],
    ['?options=-c%20jit%3Doff', 'Audit "Log" \\', '-c jit=off -c search_path="Audit\\ ""Log""\\ \\\\"'],
  ])('put the schema into the address, %j %j', (query, schema, expected) => {
    const resolved = resolveMonitoringOptions({ connectionUrl: connectionUrl + query, authorize, schema });
    const address = new URL(resolved.connectionUrl);
    expect(address.searchParams.get('options')).toBe(expected);
    address.search = '';
    expect(address.href).toBe(connectionUrl);
  });

  it('require more than half of the witnesses by default', () => {
    const witnesses = ['w1', 'w2', 'w3', 'w4'].map((name) => ({
      verifierKey: generateKeyPair(name, { type: 'cosignature' }).verifierKey,
      url: `https://${name}.example`,
    }));
    expect(resolveMonitoringOptions({ connectionUrl, authorize, witnesses })).toMatchObject({ witnessQuorum: 3 });
  });
});
