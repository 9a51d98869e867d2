import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { VIEWER_FILES, viewerControllerAt } from './audit-viewer.controller.js';
import { AuditViewerGuard } from './audit-viewer.guard.js';
import { readViewerFiles } from './viewer-files.js';
import {
  DEFAULT_PATH,
  resolveViewerOptions,
  VIEWER_OPTIONS,
  type AuditViewerAsyncOptions,
  type AuditViewerOptions,
} from './viewer-options.js';
import { ViewerRefusedFilter } from './viewer-refused.filter.js';

/** The audit viewer: pages that show the ledger, over the routes of `MonitoringModule`. */
@Module({})
export class AuditViewerModule {
  /**
   * @throws InvalidOptionsError (`AUDIT_OPTIONS_INVALID`) naming every wrong option; at boot, ViewerNotBuiltError
   *   (`AUDIT_VIEWER_NOT_BUILT`), and ModuleMisusedError (`AUDIT_MODULE_MISUSED`) without `MonitoringModule`
   */
  static forRoot(options: AuditViewerOptions = {}): DynamicModule {
    const resolved = resolveViewerOptions(options);
    return moduleAt(resolved.path, { provide: VIEWER_OPTIONS, useValue: resolved });
  }

  /** As {@link forRoot}, which wrong options of the factory break at boot. */
  static forRootAsync(options: AuditViewerAsyncOptions): DynamicModule {
    const { path = DEFAULT_PATH, imports = [], inject = [], useFactory } = options;
    const resolved: Provider = {
      provide: VIEWER_OPTIONS,
      // Nest calls the factory with exactly what `inject` names.
      useFactory: async (...dependencies: unknown[]) =>
        resolveViewerOptions({ ...(await useFactory(...(dependencies as never[]))), path }),
      inject,
    };
    return { ...moduleAt(resolveViewerOptions({ path }).path, resolved), imports };
  }
}

function moduleAt(path: string, options: Provider): DynamicModule {
  return {
    module: AuditViewerModule,
    controllers: [viewerControllerAt(path)],
    providers: [
      options,
      { provide: VIEWER_FILES, useFactory: () => readViewerFiles() },
      AuditViewerGuard,
      ViewerRefusedFilter,
    ],
  };
}
