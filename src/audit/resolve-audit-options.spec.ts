import { describe, expect, it } from '@jest/globals';
import type { AuditModuleOptions } from './audit-options.js';
import { resolveAuditOptions } from './resolve-audit-options.js';
import { hasCode } from '../base/errors/error-facts.js';
import { WriterKeys } from './writer-keys.js';

function findProblems(options: object): readonly string[] {
  try {
    resolveAuditOptions(options);
    return [];
  } catch (error) {
    if (hasCode(error, 'AUDIT_OPTIONS_INVALID')) return error.problems ?? [];
    throw error;
  }
}

function spillDirIn(environment: string | undefined, options: AuditModuleOptions = {}): string | undefined {
  const { NODE_ENV: before } = process.env;
  if (environment === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = environment;
  try {
    return resolveAuditOptions(options).spillDir;
  } finally {
    process.env.NODE_ENV = before;
  }
}

const KEY = 'a key of at least 32 characters..';

describe('the options', () => {
  it('refuse an unknown mode of redaction, and the ends of short secrets', () => {
    expect(findProblems({ redaction: { fields: { token: 'lastFour', api_key: 'lastFour' } } })).toEqual([]);
    expect(findProblems({ redaction: { fields: { token: 'firstFour' } } })).toEqual([
      'redaction.fields.token is firstFour, not lastFour',
    ]);
    for (const name of ['password', 'new_password', 'PIN', 'otp', 'recoveryCode']) {
      expect(findProblems({ redaction: { fields: { [name]: 'lastFour' } } })).toEqual([
        `redaction.fields.${name} reveals too much by its last four characters: remove it`,
      ]);
    }
    expect(findProblems({ redaction: { field: {} } })).toEqual([
      'redaction.field is an unknown option (did you mean fields?)',
    ]);
  });

  it('have no spill only if it is switched off, and in tests', () => {
    expect(spillDirIn('development')).toBe('.data/spill');
    expect(spillDirIn(undefined)).toBe('.data/spill');
    expect(spillDirIn('test')).toBeUndefined();
    expect(spillDirIn('test', { spillDir: 'kept' })).toBe('kept');
    expect(spillDirIn('development', { spillDir: false })).toBeUndefined();
    expect(spillDirIn('production', { spillDir: false, writerKey: KEY })).toBeUndefined();
    expect(spillDirIn('production', { spillDir: '/var/lib/app/spill', writerKey: KEY })).toBe('/var/lib/app/spill');
  });

  it('name a spill folder in production, or refuse the spill aloud', () => {
    expect(() => spillDirIn('production')).toThrow(/spillDir is not set.*set spillDir to false/);
    expect(() => spillDirIn('production')).toThrow(/MonitoringModule also needs a signing key: .*checkpointMemory\)\./);
  });

  it.each(['kept', false] as const)('have a key of the writer in production: spillDir %s', (spillDir) => {
    expect(() => spillDirIn('production', { spillDir })).toThrow(/writerKey is not set.*not stored in spillDir/);
    expect(spillDirIn('development', { spillDir: 'kept' })).toBe('kept');
  });

  it('have several keys of the writer also in one text, as the environment gives it', () => {
    const old = KEY.toUpperCase();
    const { writerKeys } = resolveAuditOptions({ writerKey: `${KEY}, ${old}` });
    expect(writerKeys.for('spill')).toEqual(new WriterKeys([KEY, old]).for('spill'));
  });

  it.each([
    [{ spilDir: '/var/lib/app/spill' }, 'spilDir is an unknown option (did you mean spillDir?)'],
    [{ providerTimeoutMs: 0 }, 'providerTimeoutMs is 0'],
    [{ onFailure: 'shut' }, 'onFailure is shut'],
    [{ sensitiveFields: [/x/] }, 'sensitiveFields must be a list'],
    [{ anonymize: true }, 'anonymize is set, but pseudonymKey is not'],
    [{ pseudonymKey: 'short' }, 'pseudonymKey must be a text of at least 32'],
    [{ factFields: ['a', 'b'], personalFields: ['b'] }, 'both factFields and personalFields name b'],
    [{ requestIdProxies: ['10.0.0.0/33'] }, 'requestIdProxies[0] is "10.0.0.0/33", not an IP address or a range'],
    [{ correlationHeader: 'x id' }, 'correlationHeader is "x id", not'],
    [
      { correlationHeader: 'Cookie' },
      'correlationHeader is Cookie, which clients, proxies or this library already use',
    ],
    [{ maxSpillBytes: 1_000 }, 'maxSpillBytes is 1000, not a whole number of at least 1048576'],
    [{ maxFailuresPerMinute: 0 }, 'maxFailuresPerMinute is 0, not false or a whole number from 1 to 1000000'],
    [{ writerKey: 'short' }, 'writerKey must be a text of at least 32 characters'],
    [{ writerKey: `${'k'.repeat(32)}, short` }, 'writerKey must be a text of at least 32 characters'],
    [{ spillDir: false, maxSpillBytes: 2 ** 20 }, 'spillDir is false, but maxSpillBytes is set'],
  ])('%j are refused', (options, problem) => {
    expect(findProblems(options)).toEqual([expect.stringContaining(problem)]);
  });

  it('are all checked before any is complained of', () => {
    const options = {
      providerTimeoutMs: -1,
      onFailure: 'shut',
      disabledProviders: 7,
      sensitiveFields: 'x',
      spillDir: '',
    };

    expect(findProblems(options)).toHaveLength(5);
    expect(() => resolveAuditOptions(options as unknown as AuditModuleOptions)).toThrow(/providerTimeoutMs.*; onFailure.*; spillDir.*; disabledProviders.*; sensitiveFields.*Correct its options/); // prettier-ignore
  });
});

describe('by default a request is by what the guards left in request.user', () => {
  const { resolveActor } = resolveAuditOptions();

  it.each([
    [
      { user: { id: 7, name: 'Ada', sessionId: 's-1', tenantId: 'acme' } },
      { type: 'user', id: 7, name: 'Ada', sessionId: 's-1' },
    ],
    [{ user: { sub: 'u-7' } }, { type: 'user', id: 'u-7', name: undefined, sessionId: undefined }],
    [{ user: null }, undefined],
    [{ user: 'ada' }, undefined],
    [{}, undefined],
  ])('%j', (request, actor) => {
    expect(resolveActor(request)).toEqual(actor);
  });
});
