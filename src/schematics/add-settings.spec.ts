import { describe, expect, it } from '@jest/globals';
import { add, readFile, NEST_11 } from '../../test/support/nest-application.js';

const WITH_TYPEORM = {
  ...NEST_11,
  '/package.json': JSON.stringify({ dependencies: { '@nestjs/common': '^11.0.1', typeorm: '^0.3.20' } }),
};
const ADDRESS = 'postgres://me@db.example.com/ledger';
const CORRECT = 'Correct ';

describe('the settings that nest add makes', () => {
  it('ignores the key and the spill, and keeps what .env has', () => {
    const added = add(
      { ...NEST_11, '/.env': 'PORT=3000\nAUDIT_SPILL_DIR=/var/spill\n' },
      { databaseUrl: 'postgres://me@db.example.com/shop' },
    );

    expect(readFile(added, '/.gitignore')).toBe(
      'node_modules\n.env\n\n# The audit log (nestjs-audit-ledger)\n/.data\n',
    );
    expect(readFile(added, '/.env')).toBe(`PORT=3000
AUDIT_SPILL_DIR=/var/spill

# The audit log (nestjs-audit-ledger)
DATABASE_URL=postgres://me@db.example.com/shop
AUDIT_SIGNING_KEY_FILE=.data/signing.key
AUDIT_LEDGER_ORIGIN=shop.local/audit
`);
    expect(readFile(added, '/.env.example')).not.toContain('db.example.com');
  });

  it('takes a variable of its own where TypeORM may read DATABASE_URL', () => {
    const added = add(WITH_TYPEORM);

    expect(readFile(added, '/.env')).toMatch(/^AUDIT_DATABASE_URL=/m);
    expect(readFile(added, '/.env')).not.toMatch(/^DATABASE_URL=/m);
    expect(added.said).toContain('@AuditedTransaction');
  });

  it.each([
    ['an empty DATABASE_URL', 'DATABASE_HOST=localhost\nDATABASE_URL=\n'],
    ['another DATABASE_URL', 'DATABASE_URL=postgres://me@db.example.com/shop\n'],
    ['a DATABASE_URL as a comment', '# DATABASE_URL=postgres://me@db.example.com/ledger\n'],
    ['an empty address of the ledger', `AUDIT_DATABASE_URL=\nDATABASE_URL=\n`],
  ])('takes the given address into a variable of its own beside %s', (_name, env) => {
    const added = add({ ...WITH_TYPEORM, '/.env': env }, { databaseUrl: ADDRESS });

    expect(readFile(added, '/.env')).toMatch(new RegExp(`^AUDIT_DATABASE_URL=${ADDRESS}$`, 'm'));
    expect(readFile(added, '/.env').startsWith(env)).toBe(true);
    expect(added.said).not.toContain(CORRECT);
    expect(add(added.tree, { databaseUrl: ADDRESS }).tree.written).toEqual([]);
  });

  it.each([{}, { databaseUrl: '' }, { databaseUrl: ADDRESS }])(
    'shares the DATABASE_URL that .env has, when told %j',
    (options) => {
      const added = add({ ...WITH_TYPEORM, '/.env': `DATABASE_URL="${ADDRESS}"\n` }, options);

      expect(readFile(added, '/.env')).not.toContain('AUDIT_DATABASE_URL');
      expect(added.said).not.toContain(CORRECT);
    },
  );
});
