import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { expectCommandJson } from '../../support/expect-command-json.js';
import { runBuilt, tempFolder } from '../../support/index.js';

const TARGET = 'test/support/coverage-target.mjs';
const REFERENCE = 'dist/src/shop/app.module.js#createDefaultAppModule';

const runIn = (cwd: string, ...args: readonly string[]) => runBuilt(args, { cwd, env: process.env });
const run = (...args: readonly string[]) => runIn('.', ...args);

describe('nestjs-audit-ledger coverage', () => {
  it('finds nothing missing in the reference application, and starts nothing of it', async () => {
    const { code, output, errors } = await run('coverage', REFERENCE);

    expect([code, errors]).toEqual([0, '']);
    expect(output).toMatch(
      /^Audit coverage: routes that change state: \d+, each @Audited or @NotAudited\('reason'\)\n$/,
    );
  });

  it.each(['', '#dynamicModule', '#returned', '#promised'])(
    'lists what is missing, and exits with 1: %j',
    async (name) => {
      const { code, output, errors } = await run('coverage', TARGET + name);

      expect([code, errors]).toEqual([1, '']);
      expect(output).toBe(
        "Audit coverage: routes that change state: 2, without @Audited or @NotAudited('reason'): 1\n" +
          '  POST  /shop/payments/refund  PaymentsController.refund\n',
      );
    },
  );

  it.each(['', '#ShopModule'])('reads CommonJS: %j', async (name) => {
    expect(await run('coverage', `test/support/coverage-target.cjs${name}`)).toMatchObject({ code: 1, errors: '' });
  });

  it('reads .env, as the application does', async () => {
    const cwd = await tempFolder('audit-coverage-');
    const target = `${resolve(TARGET)}#ofEnvironment`;
    expect(await runIn(cwd, 'coverage', target)).toMatchObject({
      code: 2,
      errors: expect.stringContaining('SHOP is not open'),
    });
    await writeFile(join(cwd, '.env'), 'SHOP=open\n');
    expect(await runIn(cwd, 'coverage', target)).toMatchObject({ code: 1, errors: '' });
    await rm(join(cwd, '.env'));
    await mkdir(join(cwd, '.env'));
    expect(await runIn(cwd, 'coverage', target)).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/^Cannot read .env: /),
    });
    await rm(cwd, { recursive: true });
  });

  it('prints JSON', async () => {
    const { code, output } = await run('coverage', '--json', TARGET);
    expectCommandJson('coverage', output);

    expect(code).toBe(1);
    expect(JSON.parse(output)).toEqual({
      ok: false,
      command: 'coverage',
      checked: 2,
      missing: [{ controller: 'PaymentsController', handler: 'refund', method: 'POST', path: '/shop/payments/refund' }],
    });
  });

  it.each([
    ['no/such/file.js', /^Cannot load no\/such\/file\.js: Cannot find module .* Build the application/],
    [
      'dist/src/cli/scan-application.js',
      /^Cannot find the root module of .*: it exports .*\. Name the root module after #/,
    ],
    [`${TARGET}#Missing`, /^Cannot find the export Missing of .*: it exports .*ShopModule/],
    [`${TARGET}#nothing`, /^Cannot check .*#nothing: it is not a module/],
    [`${TARGET}#failing`, /^Cannot scan .*#failing: no configuration/],
    [`${TARGET}#unresolved`, /^Cannot scan .*#unresolved: Nest can't resolve dependencies/],
    ['dist/src/shop/app.module.js#AppModule', /^Cannot check .*#AppModule: none of its routes changes state/],
    [
      '--fast',
      /^Cannot run nestjs-audit-ledger coverage: unknown option '--fast'\. See nestjs-audit-ledger coverage --help\.\n$/,
    ],
  ])('says why it could not check, and exits with 2: %s', async (target, message) => {
    const { code, output, errors } = await run('coverage', target);

    expect([code, output]).toEqual([2, '']);
    expect(errors).toMatch(message);
  });
});
