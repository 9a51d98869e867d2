import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

/** The modules boot in a process of their own: a module that another test configured in this process would not be missing. */
const SCRIPT = `
  const { NestFactory } = await import('@nestjs/core');
  const { StreamsModule } = await import('nestjs-audit-ledger/streams');
  const { MonitoringModule } = await import('nestjs-audit-ledger/monitoring');
  const useFactory = () => { throw new Error('no options are read'); };
  for (const module of [StreamsModule, MonitoringModule])
    await NestFactory.createApplicationContext(module.forRootAsync({ useFactory }), { logger: false, abortOnError: false })
      .catch(({ code, message }) => console.log(code + ': ' + message.split('. ')[0]));`;

it('a module without the module that it needs stops the boot in one sentence', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', SCRIPT]);
  expect(stdout.trim().split('\n')).toEqual([
    'AUDIT_MODULE_MISUSED: Cannot start StreamsModule: MonitoringModule is missing, or switched off by its option enabled',
    'AUDIT_MODULE_MISUSED: Cannot start MonitoringModule: AuditModule is missing',
  ]);
});
