import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

/** The module boots in a process of its own: a module that another test configured in this process would not be missing. */
async function bootAlone(entry: string, module: string): Promise<string> {
  const script = `
    const { NestFactory } = await import('@nestjs/core');
    const { ${module} } = await import('nestjs-audit-ledger/${entry}');
    const useFactory = () => { throw new Error('no options are read'); };
    await NestFactory.createApplicationContext(${module}.forRootAsync({ useFactory }), { logger: false, abortOnError: false })
      .catch(({ code, message }) => console.log(code + ': ' + message.split('. ')[0]));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return stdout.trim();
}

it.each([
  ['streams', 'StreamsModule', 'MonitoringModule', ' is missing, or switched off by its option enabled'],
  ['monitoring', 'MonitoringModule', 'AuditModule', ' is missing'],
])('%s: %s without %s stops the boot in one sentence', async (entry, module, needed, seen) => {
  expect(await bootAlone(entry, module)).toBe(`AUDIT_MODULE_MISUSED: Cannot start ${module}: ${needed}${seen}`);
});
