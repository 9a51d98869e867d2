import { expect, it } from '@jest/globals';
import { readConfig } from './app-config.js';

it.each([
  ['PORT', ['hunter2', '-1', '65536', '1.5', 'Infinity']],
  ['HOST', ['hunter2', 'localhost', '256.0.0.1']],
  ['HTTP_ADAPTER', ['hunter2', 'Express']],
  ['TRUST_PROXY', ['true', 'hunter2', '999.1.1.1', '10.0.0.0/33', '10.0.0.1/8/8', '1,', '-1']],
  ['LOG_LEVEL', ['hunter2']],
  ['ADMIN_EMAIL', ['hunter2']],
  ['ADMIN_PASSWORD', ['hunter2']],
  ['MONITORING_ENABLED', ['yes', 'constructor', 'hunter2']],
  ['AUDIT_ROLE', ['hunter2', 'Web']],
  ['AUDIT_DATABASE_URL', ['hunter2']],
  ['AUDIT_DISABLED_PROVIDERS', ['Hunter2!']],
  ['AUDIT_ON_FAILURE', ['hunter2']],
  ['AUDIT_LEDGER_ORIGIN', ['a b', 'a+b']],
  ['AUDIT_VIEWER_BASE_PATH', ['hunter2', '/ops/']],
  ['AUDIT_CHECKPOINT_WEBHOOK', ['hunter2']],
  ['AUDIT_WRITER_KEY', ['hunter2', `${'k'.repeat(32)},hunter2`]],
  ['AUDIT_WITNESSES', ['hunter2']],
  ['AUDIT_WITNESS_QUORUM', ['-1', 'hunter2']],
  ['AUDIT_METRICS_TOKEN', ['hunter2']],
  ['AUDIT_RETENTION_DAYS', ['-1', 'hunter2']],
] as const)(
  'an environment variable that cannot be used is named, and what is in it is not shown %s',
  (name, values) => {
    for (const value of values) {
      const read = () => readConfig({ [name]: value });
      expect(read).toThrow(expect.objectContaining({ code: 'ENVIRONMENT_INVALID' }));
      expect(read).toThrow(name);
      expect(read).not.toThrow(/hunter2/i);
    }
  },
);

it('all wrong variables are named at once, each with what is allowed', () => {
  expect(() => readConfig({ PORT: '-1.5', MONITORING_ENABLED: 'yes', LOG_LEVEL: 'loud', AUDIT_WATHC: 'on' })).toThrow(
    'Cannot start: PORT must be a whole number from 0 to 65535; MONITORING_ENABLED must be true or false; ' +
      'LOG_LEVEL must be fatal or error or warn or info or debug or trace or silent; AUDIT_WATHC is an unknown variable.',
  );
});

it.each([
  [{ AUDIT_ON_FALIURE: 'closed' }, 'AUDIT_ON_FALIURE is an unknown variable'],
  [
    { AUDIT_RETENTION_DAYS: '30', AUDIT_RETENTION_FILE: 'r.json' },
    'AUDIT_RETENTION_FILE replaces AUDIT_RETENTION_DAYS',
  ],
])('a variable that would have no effect is named: %j', (environment, problem) => {
  expect(() => readConfig(environment)).toThrow(problem);
});

it('a variable that is empty or blank counts as absent: no number of blanks is a 0', () => {
  const blank = { PORT: ' ', AUDIT_RETENTION_DAYS: '  ', DATABASE_URL: '', TRUST_PROXY: ' ' };

  expect(readConfig(blank)).toEqual(readConfig({}));
  expect(readConfig(blank)).toMatchObject({
    PORT: 3000,
    AUDIT_RETENTION_DAYS: 90,
  });
});

it.each(['0', '1', 'loopback', '10.0.0.1', '10.0.0.0/8, fd00::/8', 'loopback,linklocal,uniquelocal'])(
  'the proxies %s can be trusted',
  (TRUST_PROXY) => {
    expect(readConfig({ TRUST_PROXY })).toMatchObject({ TRUST_PROXY });
  },
);
