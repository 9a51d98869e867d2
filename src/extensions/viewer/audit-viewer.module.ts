import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { createExtensionModule, type ExtensionOptions } from '../../monitoring/extension.module.js';
import { LEDGER_EXTENSIONS, type LedgerExtensions } from '../../monitoring/store/ledger-extensions.service.js';
import { GapReader } from './gaps.service.js';
import { ActorProfiles } from './actor-profiles.service.js';
import { AuditOverview } from './overview/audit-overview.service.js';
import { FieldValuesReader } from './field-values.service.js';
import { AuditViewerReadsController } from './http/audit-viewer-reads.controller.js';
import { VIEWER_FILES, createViewerController } from './audit-viewer.controller.js';
import { readViewerFiles } from './viewer-files.js';
import {
  DEFAULT_PATH,
  resolveViewerOptions,
  VIEWER_OPTIONS,
  type AuditViewerAsyncOptions,
  type AuditViewerOptions,
} from './viewer-options.js';

/** The audit viewer: pages that show the ledger. The pages use the routes of `MonitoringModule` and some routes of this module. */
@Module({})
export class AuditViewerModule {
  constructor(@Inject(LEDGER_EXTENSIONS) extensions: LedgerExtensions, @Inject(GapReader) gaps: GapReader) {
    extensions.register({
      name: AuditViewerModule.name,
      eventParts: {
        gaps: async (access, { index }) =>
          index === undefined ? [] : (await gaps.find(access, { first: index, last: index })).gaps,
      },
    });
  }

  /**
   * @throws `AUDIT_OPTIONS_INVALID` with all problems. The boot throws `AUDIT_VIEWER_NOT_BUILT`, and `AUDIT_MODULE_MISUSED` if the module is imported twice
   */
  static forRoot({ enabled, ...options }: ExtensionOptions<AuditViewerOptions> = {}): DynamicModule {
    const { path } = resolveViewerOptions(options);
    return this.forRootAsync({ enabled, path, useFactory: () => ({ ...options, path: undefined }) });
  }

  /** Does the same as {@link forRoot}, with options from a factory. Invalid options stop the boot. */
  static forRootAsync({ path = DEFAULT_PATH, ...others }: AuditViewerAsyncOptions): DynamicModule {
    const page = createViewerController(resolveViewerOptions({ path }).path);
    return createExtensionModule<Omit<AuditViewerOptions, 'path'>>(
      {
        ...{ module: AuditViewerModule, name: 'AuditViewer', options: VIEWER_OPTIONS },
        resolve: (options: AuditViewerOptions, problems) => {
          if (options.path !== undefined) problems.push('path cannot come from useFactory: set it beside useFactory');
          return resolveViewerOptions({ ...options, path });
        },
        controllers: [page, AuditViewerReadsController],
        providers: [
          ...[ActorProfiles, AuditOverview, FieldValuesReader, GapReader],
          { provide: VIEWER_FILES, useFactory: () => readViewerFiles() },
        ],
      },
      others,
    );
  }
}
