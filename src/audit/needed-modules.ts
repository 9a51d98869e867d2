import { ModuleMisusedError, type NeededModule } from './errors/module-misused.error.js';

const configured = new Set<NeededModule>();

/** Notes that an application of this process imports a module that other modules need. */
export function noteModule(name: NeededModule): void {
  configured.add(name);
}

/**
 * Returns a provider that fails the boot of the module `name` if this process has not imported `needed`. The provider injects nothing, so
 * that Nest runs it before it reports the missing providers of `needed`.
 */
export function needModule(name: string, needed: NeededModule): { provide: symbol; useFactory: () => true } {
  return {
    provide: Symbol(`nestjs-audit-ledger:${name} needs ${needed}`),
    useFactory: () => {
      if (!configured.has(needed)) throw ModuleMisusedError.alone(name, needed);
      return true;
    },
  };
}
