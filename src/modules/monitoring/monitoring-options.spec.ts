import { describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from '../../audit/plain.js';
import type { AuthorizeLedger } from './access/ledger-access.js';
import { FolderArchiveStore } from './archive/folder-archive-store.js';
import { generateKeyPair } from './log/notes/note-key.js';
import { resolveMonitoringOptions, type MonitoringOptions } from './monitoring-options.js';

const connectionUrl = 'postgresql://audit:s3cret@localhost:5432/audit';
const LOG_KEY = generateKeyPair('example.com/log').verifierKey;
const WITNESS_KEY = generateKeyPair('w1.example', { type: 'cosignature' }).verifierKey;
const authorize: AuthorizeLedger = () => ({ scope: 'all' });

describe('the options of the monitoring module', () => {
  it('have defaults', () => {
    expect(resolveMonitoringOptions({ connectionUrl, authorize })).toEqual({
      connectionUrl,
      sequencerUrl: connectionUrl,
      authorize,
      maxWriteConnections: 2,
      signingKeyFile: '.data/signing.key',
      erasureFile: '.data/signing.key.erasures',
      origin: 'nestjs-audit-ledger.local/ledger',
      maxReadConnections: 2,
      publicCheckpoints: false,
      publicMetrics: false,
      recordReads: true,
      archiveQuery: { threads: 2, memoryMb: 512, timeoutMs: 20_000 },
      archiveStore: expect.any(FolderArchiveStore),
      checkpointIntervalSeconds: 10,
      witnesses: [],
      witnessQuorum: 0,
    });
  });

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

  it.each<[Record<string, unknown>, string]>([
    [{ connectionUrl: undefined }, 'connectionUrl must be a PostgreSQL address'],
    [{ connectionUrl: 'mysql://audit:s3cret@localhost/audit' }, 'connectionUrl must be a PostgreSQL address'],
    [{ connectionUrl: 's3cret' }, 'connectionUrl must be a PostgreSQL address'],
    [{ readUrl: 'mysql://audit:s3cret@localhost/audit' }, 'readUrl must be a PostgreSQL address'],
    [{ sequencerUrl: 'mysql://audit:s3cret@localhost/audit' }, 'sequencerUrl must be a PostgreSQL address'],
    [{ maxWriteConnections: 0 }, 'maxWriteConnections is 0, not a whole number from 1 to 20'],
    [{ maxWriteConnections: 21 }, 'maxWriteConnections is 21, not'],
    [{ maxReadConnections: 1.5 }, 'maxReadConnections is 1.5, not'],
    [{ authorize: undefined }, 'authorize is not a function'],
    [{ retentoin: { days: 90 } }, 'retentoin is an unknown option (did you mean retention?)'],
    [{ retention: { days: 90, category: {} } }, 'retention.category is an unknown option (did you mean categories?)'],
    [{ publicMetrics: 'false' }, 'publicMetrics is neither true nor false'],
    [{ recordReads: 0 }, 'recordReads is neither true nor false'],
    [{ witnesses: 'w1' }, 'witnesses is not a list'],
    [{ archiveDir: '' }, 'archiveDir must be a non-empty path'],
    [{ archiveQuery: { threads: 0 } }, 'archiveQuery.threads is 0, not a whole number above 0'],
    [{ archiveQuery: { timeoutMs: 600_001 } }, 'archiveQuery.timeoutMs is 600001, more than 600000'],
    [{ archiveQuery: 5 }, 'archiveQuery is not an object: give { threads, memoryMb, timeoutMs }'],
    [{ archiveQuery: { memory: 1 } }, 'archiveQuery.memory is an unknown option (did you mean memoryMb?)'],
    [{ retention: { days: 1.5 } }, 'retention.days is 1.5, not a whole number of days'],
    [{ retention: { days: 90, hourUtc: 24 } }, 'retention.hourUtc is 24, not an hour'],
    [{ retention: { days: 90, tenants: { acme: 30 } } }, 'retention.tenants.acme is 30 and retention.days is 90'],
    [{ checkpointFile: '' }, 'checkpointFile must be a non-empty path'],
    [{ erasureFile: '' }, 'erasureFile must be a non-empty path'],
    [
      { checkpointFile: 'kept', erasureFile: 'kept' },
      'erasureFile and checkpointFile are both kept: give each a file of its own',
    ],
    [{ erasureFile: '.data/signing.key' }, 'erasureFile and signingKeyFile are both .data/signing.key: give each'],
    [{ signingKeyFile: 'key', checkpointFile: './key' }, 'checkpointFile and signingKeyFile are both ./key: give each'],
    [{ checkpointWebhook: 'ftp://example.org' }, 'checkpointWebhook must be an http or https URL'],
    [{ checkpointWebhookSecret: 'too short' }, 'checkpointWebhookSecret is shorter than 32 characters'],
    [{ checkpointIntervalSeconds: 0 }, 'checkpointIntervalSeconds is 0, not from 1 to 86,400'],
    [{ witnesses: [{ verifierKey: 'w1', url: 'https://w1.example' }] }, 'the verifierKey of witness 1 must be'],
    [{ witnesses: [{ verifierKey: LOG_KEY, url: 'https://w1.example' }] }, 'witness 1 is of a log, not of a witness'],
    [{ witnesses: [{ verifierKey: WITNESS_KEY, url: 'w1.example' }] }, 'the url of witness 1 must be an http'],
    [
      { witnesses: [{ verifierKey: WITNESS_KEY, url: 'https://w1.example' }], witnessQuorum: 2 },
      'witnessQuorum is 2, not a whole number from 0 to 1',
    ],
    [{ signingKeyFile: '' }, 'signingKeyFile must be a non-empty path'],
    [{ schema: '' }, 'schema must be the name of a schema'],
    [{ schema: '$user' }, 'schema must be the name of a schema'],
    [{ schema: 'pg_audit' }, 'schema must be the name of a schema'],
    [{ schema: 'ß'.repeat(32) }, 'schema must be the name of a schema'],
    [{ schema: 7 }, 'schema must be the name of a schema'],
    [{ origin: 'my log' }, 'origin must be the name of a log'],
    [{ metricsToken: 'too short' }, 'metricsToken must be a token of 16 characters or more, without blanks'],
    [{ metricsToken: 'with a blank inside' }, 'metricsToken must be a token'],
    [{ publicMetrics: true, metricsToken: '0123456789abcdef' }, 'publicMetrics is true, and metricsToken is set'],
  ])('are refused with %j', (given, seen) => {
    const wrong = { connectionUrl, authorize, ...given } as MonitoringOptions; // as plain JavaScript gives them
    const refuse = (): unknown => resolveMonitoringOptions(wrong);

    expect(refuse).toThrow(InvalidOptionsError);
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

  it('ask for more than half of the witnesses, where nothing is said', () => {
    const witnesses = ['w1', 'w2', 'w3', 'w4'].map((name) => ({
      verifierKey: generateKeyPair(name, { type: 'cosignature' }).verifierKey,
      url: `https://${name}.example`,
    }));
    expect(resolveMonitoringOptions({ connectionUrl, authorize, witnesses })).toMatchObject({ witnessQuorum: 3 });
  });

  it('are refused all at once', () => {
    const wrong = { connectionUrl: '', authorize, maxWriteConnections: 0, maxReadConnections: 0 };
    expect(() => resolveMonitoringOptions(wrong)).toThrow(/connectionUrl.*maxWriteConnections.*maxReadConnections/);
  });
});
