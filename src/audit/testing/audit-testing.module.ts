import { Module, type DynamicModule } from '@nestjs/common';
import { AuditModule } from '../audit.module.js';
import type { AuditModuleOptions } from '../audit-options.js';
import { definedFields } from '../event/merge-fields.js';
import { InMemoryAuditProvider } from './in-memory-audit.provider.js';

/**
 * Replaces `AuditModule` in tests, with the same options. Records into an {@link InMemoryAuditProvider}, in addition to the providers of
 * the modules under test. If the application under test imports `AuditModule` itself, provide `InMemoryAuditProvider` instead of importing
 * this module. By default, `record()` rejects invalid details, and the spill is off.
 */
@Module({})
export class AuditTestingModule {
  /** @throws `AUDIT_OPTIONS_INVALID` */
  static forRoot(options: AuditModuleOptions = {}): DynamicModule {
    const { spillDir, maxSpillBytes, ...others } = options;
    const spill = spillDir === undefined ? { spillDir: false as const } : { spillDir, maxSpillBytes };
    return {
      module: AuditTestingModule,
      global: true,
      imports: [AuditModule.forRoot({ detailsValidation: 'throw', ...definedFields(spill), ...others })],
      providers: [InMemoryAuditProvider],
      exports: [InMemoryAuditProvider],
    };
  }
}
