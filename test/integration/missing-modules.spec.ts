import { describe, expect, it } from '@jest/globals';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MonitoringModule } from '../../src/modules/monitoring/index.js';
import { StreamsModule } from '../../src/modules/streams/index.js';

const useFactory = (): never => {
  throw new Error('no options are read');
};

async function boot(root: DynamicModule): Promise<unknown> {
  return NestFactory.createApplicationContext(root, { logger: false, abortOnError: false }).catch(
    (error: unknown) => error,
  );
}

// In this order: a module that a process configured once is not missing in it.
describe('a room without the ledger', () => {
  it('stops the boot by naming MonitoringModule', async () => {
    expect(await boot(StreamsModule.forRootAsync({ useFactory }))).toMatchObject({
      code: 'AUDIT_MODULE_MISUSED',
      message: expect.stringContaining('MonitoringModule is missing'),
    });
  });
});

describe('a module without the one that it needs', () => {
  it('stops the boot of a ledger by naming AuditModule', async () => {
    expect(await boot(MonitoringModule.forRootAsync({ enabled: true, useFactory }))).toMatchObject({
      code: 'AUDIT_MODULE_MISUSED',
      message:
        'Cannot start MonitoringModule: AuditModule is missing. Add AuditModule.forRoot() to the imports of the root module.',
    });
  });
});
