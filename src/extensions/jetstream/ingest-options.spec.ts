import { describe, expect, it } from '@jest/globals';
import { resolveIngest, type JetStreamOptions } from './ingest-options.js';

const connection = { servers: ['n1.example.com:4222'], stream: 'AUDIT' };

function findProblems(input: Readonly<Record<string, unknown>>): readonly string[] {
  const problems: string[] = [];
  resolveIngest(input as unknown as JetStreamOptions, problems); // plain JavaScript may pass anything
  return problems;
}

describe('the options of JetStreamModule', () => {
  it('have defaults', () => {
    const problems: string[] = [];
    expect(resolveIngest(connection, problems)).toEqual({
      ...{ servers: ['n1.example.com:4222'], stream: 'AUDIT', replicas: 3, acknowledge: 'accepted' },
      ...{ tls: true, monitoringUrls: [], requiresFsync: false },
    });
    expect(problems).toEqual([]);
  });

  it.each<[Readonly<Record<string, unknown>>, string]>([
    [{ ...connection, require: 'disk' }, 'require is disk, not fsync'],
    [{ ...connection, requires: 'fsync' }, 'requires is an unknown option (did you mean require?)'],
    [{ ...connection, servers: [] }, 'servers must be a list such as'],
    [{ ...connection, stream: 'audit.events' }, 'stream must be a name of'],
    [{ ...connection, replicas: 2 }, 'replicas is 2, not 1, 3 or 5'],
    [{ ...connection, acknowledge: 'stored' }, 'acknowledge is stored, not accepted or recorded'],
    [{ ...connection, username: 'u' }, 'username and password go together'],
    [{ ...connection, token: 't', credentialsFile: 'f' }, 'exclude each other'],
    [{ ...connection, monitoringUrls: ['n1:8222'] }, 'monitoringUrls must be a list'],
    [{ ...connection, server: 'n1:4222' }, 'server is an unknown option'],
  ])('%j is refused', (input, problem) => {
    expect(findProblems(input)).toEqual([expect.stringContaining(problem)]);
  });
});
