import { AuditError } from './audit.error.js';

const IMPORTS = {
  AuditModule: { seen: 'is missing', whatToDo: 'Add AuditModule.forRoot() to the imports of the root module.' },
  MonitoringModule: {
    seen: 'is missing, or switched off by its option enabled',
    whatToDo:
      'Add MonitoringModule.forRootAsync({ … }) to the imports of the root module, or switch off both modules with their option enabled.',
  },
} as const;

const IMPORT_ONCE =
  'Import AuditModule.forRoot() once, in the root module; it is global, so other modules need no import.';

/** A module that other modules need. */
export type NeededModule = keyof typeof IMPORTS;

/** A module of the library is imported in a way that cannot work. */
export class ModuleMisusedError extends AuditError {
  readonly code = 'AUDIT_MODULE_MISUSED';

  static bare(): ModuleMisusedError {
    return new ModuleMisusedError(`Cannot start AuditModule: it is imported without options. ${IMPORT_ONCE}`);
  }

  static twice(): ModuleMisusedError {
    return new ModuleMisusedError(
      `Cannot start AuditModule: it is imported twice, so every event would be recorded twice. ${IMPORT_ONCE}`,
    );
  }

  /** @param seen the problem in the import of the monitoring module */
  static monitoring(
    seen: 'without options' | 'twice, but an application can have only one ledger',
  ): ModuleMisusedError {
    return new ModuleMisusedError(
      `Cannot start MonitoringModule: it is imported ${seen}. ` +
        'Import MonitoringModule.forRootAsync({ … }) once, in the root module.',
    );
  }

  /** @param name the module that is imported without the `needed` module */
  static alone(name: string, needed: NeededModule): ModuleMisusedError {
    const { seen, whatToDo } = IMPORTS[needed];
    return new ModuleMisusedError(`Cannot start ${name}: ${needed} ${seen}. ${whatToDo}`);
  }

  /** @param name the module of an optional room */
  static room(name: string): ModuleMisusedError {
    return new ModuleMisusedError(
      `Cannot start ${name}: it is imported twice. Import it once, in the root module, after MonitoringModule.forRootAsync({ … }).`,
    );
  }
}
