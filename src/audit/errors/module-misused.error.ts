import { AuditError } from './audit.error.js';

/** `AuditModule`, `MonitoringModule` or `AuditViewerModule` is imported in a way that cannot work. */
export class ModuleMisusedError extends AuditError {
  readonly code = 'AUDIT_MODULE_MISUSED';

  static bare(): ModuleMisusedError {
    return new ModuleMisusedError(
      'Cannot start the audit module: it is imported without options. ' +
        'Import AuditModule.forRoot() once, in the root module; it is global, so other modules need no import.',
    );
  }

  static twice(): ModuleMisusedError {
    return new ModuleMisusedError(
      'Cannot start the audit module: it is imported twice, so every event would be recorded twice. ' +
        'Import AuditModule.forRoot() once, in the root module; it is global, so other modules need no import.',
    );
  }

  /** @param seen how the monitoring module is imported */
  static monitoring(seen: 'without options' | 'twice, and an application has one ledger'): ModuleMisusedError {
    return new ModuleMisusedError(
      `Cannot start the monitoring module: it is imported ${seen}. ` +
        'Import MonitoringModule.forRootAsync({ … }) once, in the root module.',
    );
  }

  static viewer(): ModuleMisusedError {
    return new ModuleMisusedError(
      'Cannot start the audit viewer: the application has no ledger to show. ' +
        'Import MonitoringModule.forRootAsync({ … }) beside AuditViewerModule.forRoot().',
    );
  }
}
