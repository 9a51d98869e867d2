import { type NeededModule } from './errors/audit.errors.js';
import { auditErrors } from './errors/audit.errors.js';

const configuredModules = new Set<NeededModule>();

/** Notes that an application of this process imports a module that other modules need. */
export function noteModule(name: NeededModule): void {
  configuredModules.add(name);
}

/**
 * Returns a provider that fails the boot of the module `name` if this process has not imported `needed`. The provider has no dependencies.
 * Nest therefore calls its factory before it finds that another provider's dependency is missing.
 */
export function requireModule(name: string, needed: NeededModule): { provide: symbol; useFactory: () => true } {
  return {
    provide: Symbol(`nestjs-audit-ledger:${name} needs ${needed}`),
    useFactory: () => {
      if (!configuredModules.has(needed)) throw auditErrors.AUDIT_MODULE_MISUSED.alone(name, needed);
      return true;
    },
  };
}
