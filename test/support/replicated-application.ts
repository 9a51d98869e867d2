import type { INestApplicationContext } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { AuditModule } from '../../src/audit/index.js';
import { MonitoringModule } from '../../src/monitoring/index.js';
import { ORIGIN } from './log-scene.js';
import type { ReplicatedServer } from './replicated-servers.js';
import { tempFolder } from './temp-folder.js';

export class ReplicatedApplication {
  private constructor(readonly context: INestApplicationContext) {}

  static async start(
    { url }: Pick<ReplicatedServer, 'url'>,
    { keyFile, ...recording }: { readonly keyFile: string; readonly providerTimeoutMs?: number },
  ): Promise<ReplicatedApplication> {
    const spillDir = await tempFolder('audit-spill-');
    const testing = await Test.createTestingModule({
      imports: [
        AuditModule.forRoot({ spillDir, ...recording }),
        ScheduleModule.forRoot(),
        MonitoringModule.forRootAsync({
          useFactory: () => ({
            connectionUrl: url,
            authorize: () => ({ scope: 'all' }),
            signingKeyFile: keyFile,
            origin: ORIGIN,
          }),
        }),
      ],
    }).compile();
    testing.useLogger(false);
    return new ReplicatedApplication(await testing.init());
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
