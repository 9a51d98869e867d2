import { ModuleMisusedError, type NeededModule } from './errors/module-misused.error.js';

const configured = new Set<NeededModule>();

/** Notes that an application imports a module that others need. */
export function noteModule(name: NeededModule): void {
  configured.add(name);
}

/**
 * Returns a provider that stops the boot of `name` with one sentence if this process never configured `needed`. It injects nothing, so that
 * Nest runs it before it misses the providers of `needed`.
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
