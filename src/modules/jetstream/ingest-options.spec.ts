import { describe, expect, it } from '@jest/globals';
import { resolveIngest } from './ingest-options.js';

const jetstream = { servers: ['n1.example.com:4222'], stream: 'AUDIT' };

function problemsOf(given: unknown): readonly string[] {
  const problems: string[] = [];
  resolveIngest(given, problems);
  return problems;
}

describe('the option ingest', () => {
  it('has defaults, and is off where it is absent', () => {
    const problems: string[] = [];
    expect(resolveIngest({ jetstream }, problems)).toEqual({
      ...{ servers: ['n1.example.com:4222'], stream: 'AUDIT', replicas: 3, acknowledge: 'accepted', worker: true },
      ...{ tls: true, monitoringUrls: [], requiresFsync: false },
    });
    expect(resolveIngest(undefined, problems)).toBeUndefined();
    expect(problems).toEqual([]);
  });

  it.each<[unknown, string]>([
    ['AUDIT', 'ingest must be an object such as'],
    [{ jetstream, require: 'disk' }, 'ingest.require must be fsync'],
    [{ jetstream, requires: 'fsync' }, 'ingest.requires is an unknown option (did you mean require?)'],
    [{ jetstream: { ...jetstream, servers: [] } }, 'ingest.jetstream.servers must be a list such as'],
    [{ jetstream: { ...jetstream, stream: 'audit.events' } }, 'ingest.jetstream.stream must be a name of'],
    [{ jetstream: { ...jetstream, replicas: 2 } }, 'ingest.jetstream.replicas is 2, not 1, 3 or 5'],
    [
      { jetstream: { ...jetstream, acknowledge: 'stored' } },
      'ingest.jetstream.acknowledge must be accepted or recorded',
    ],
    [{ jetstream: { ...jetstream, worker: 'yes' } }, 'ingest.jetstream.worker is neither true nor false'],
    [{ jetstream: { ...jetstream, username: 'u' } }, 'ingest.jetstream.username and password are given together'],
    [{ jetstream: { ...jetstream, token: 't', credentialsFile: 'f' } }, 'exclude each other'],
    [{ jetstream: { ...jetstream, monitoringUrls: ['n1:8222'] } }, 'ingest.jetstream.monitoringUrls must be a list'],
    [{ jetstream: { ...jetstream, maxBytes: 1 } }, 'ingest.jetstream.maxBytes is not a whole number'],
    [{ jetstream: { ...jetstream, server: 'n1:4222' } }, 'ingest.jetstream.server is an unknown option'],
  ])('%j is refused', (given, problem) => {
    expect(problemsOf(given)).toEqual([expect.stringContaining(problem)]);
  });
});
