import { afterEach, expect, it, jest } from '@jest/globals';
import { Controller, Injectable, Logger, Module, Post } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { Test, type TestingModule } from '@nestjs/testing';
import { AuditAggregator, Audited, defineAuditEvents } from '../../src/audit/index.js';
import { AuditTestingModule } from '../../src/audit/testing/index.js';

let module: TestingModule;

afterEach(async () => {
  jest.restoreAllMocks();
  await module.close();
});

@Controller()
class LogInController {
  @Post('log-in')
  @Audited('user_logn')
  logIn(): void {
    return;
  }

  @MessagePattern('orders')
  @Audited('order_creatoin')
  order(): void {
    return;
  }

  @Post('own')
  @Audited('invoice_issued')
  own(): void {
    return;
  }
}

@Injectable()
@Audited('probe')
class Jobs {
  @Audited('data_exprot')
  async run(): Promise<void> {
    return Promise.resolve();
  }
}

const own = { action: 'user_lgin', outcome: 'success', category: 'custom' } as const;
const imports = [AuditTestingModule.forRoot({ events: defineAuditEvents({ user_lgin: own }) })];

@Module({ imports, controllers: [LogInController], providers: [Jobs] })
class MisspeltModule {}

it('a name that nobody defined and that is near to a known one is warned of once, at the boot or when it is recorded', async () => {
  const warnings: string[] = [];
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void warnings.push(String(text)));
  module = await Test.createTestingModule({ imports: [MisspeltModule] }).compile();
  await module.init();
  const said = (): readonly string[] => warnings.filter((text) => text.includes('defineAuditEvents'));
  expect(said().toSorted()).toEqual([
    expect.stringMatching(/^data_exprot .*Jobs\.run .*Did you mean data_export\?/),
    expect.stringMatching(/^order_creatoin .*LogInController\.order .*Did you mean order_creation\?/),
    expect.stringMatching(
      /^user_logn .*LogInController\.logIn .*Did you mean user_login\? Correct the name, or define/,
    ),
  ]);
  expect(warnings).toContainEqual(expect.stringMatching(/^@Audited on the class Jobs records nothing/));

  const audit = module.get(AuditAggregator);
  for (const name of ['user_logn', 'user_login', 'user_lgin', 'invoice_paid', 'role_assigend', 'role_assigend'])
    await audit.record(name);
  expect(said().slice(3)).toEqual([expect.stringMatching(/^role_assigend was recorded.*Did you mean role_assigned\?/)]);
});
