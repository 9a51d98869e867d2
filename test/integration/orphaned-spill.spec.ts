import { expect, it } from '@jest/globals';
import { ConsoleLogger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AuditAggregator, AuditModule, judgeHealth } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { SpillFolder } from '../../src/audit/delivery/spill/spill-folder.js';
import { eventually, tempFolder } from '../support/index.js';
import { eventsOf, SPILL_KEY, SPILL_KEYS } from '../support/spilled.js';

class KeptLog extends ConsoleLogger {
  readonly warnings: string[] = [];
  override log(): void {
    // The boot's lines do not matter here.
  }
  override warn(message: unknown): void {
    this.warnings.push(String(message));
  }
}

it('events in the spill for a provider that no module has any more are named at the boot and by the health', async () => {
  const spillDir = await tempFolder('audit-spill-');
  const spill = new SpillFolder(spillDir, { maxBytes: 1e9, keys: SPILL_KEYS });
  for (const backend of ['siem', 'memory']) await spill.append(backend, eventsOf(2));
  await spill.close();

  @Module({
    imports: [AuditModule.forRoot({ spillDir, writerKey: SPILL_KEY })],
    providers: [InMemoryAuditProvider],
  })
  class RenamedModule {}
  const log = new KeptLog();
  const app = (
    await Test.createTestingModule({ imports: [RenamedModule] })
      .setLogger(log)
      .compile()
  ).createNestApplication();
  await app.init();
  try {
    const audit = app.get(AuditAggregator);
    await eventually(async () => (await audit.health()).memory?.spillPending === false);
    const named = expect.stringContaining('wait for the audit provider "siem"');
    expect(log.warnings).toEqual([named]);
    expect(judgeHealth(await audit.health(), audit.spill())).toEqual({ state: 'degraded', reasons: [named] });
  } finally {
    await app.close();
  }
});
