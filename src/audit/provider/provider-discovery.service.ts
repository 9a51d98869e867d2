import { Inject, Injectable, type INestApplicationContext, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { checkCallOptions } from '../check-call-options.js';
import { Catalogue } from '../catalogue/catalogue.js';
import { readFieldSafely } from '../../base/read-safely.js';
import { AuditProvider, type AuditProviderOptions } from './audit-provider.js';
import type { AuditEvent } from '../event/audit-event.js';
import { auditErrors } from '../errors/audit.errors.js';

const BACKEND = /^[a-z][a-z0-9-]{0,62}$/;

/** The enabled providers, and the backends that the options disable. */
export interface DiscoveredProviders {
  readonly enabled: readonly RegisteredProvider[];
  readonly disabled: readonly string[];
  /** All providers. This includes disabled providers, since their stores may still contain data. */
  readonly all: readonly RegisteredProvider[];
}

type Wrapper = ReturnType<Module['providers']['get']> & object;
type Module = ModulesContainer extends Map<string, infer Value> ? Value : never;

/** Finds the audit providers of all modules. */
@Injectable()
export class ProviderDiscovery {
  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  /**
   * Finds the instances of classes with `@AuditProvider` in every module, by any registration (class, `useClass`, `useValue`, `useFactory`,
   * subclass). An instance that several modules share counts once.
   *
   * @throws `AUDIT_PROVIDER_INVALID` for an invalid provider, a duplicate name, or an unknown disabled backend
   * @throws `AUDIT_OPTIONS_INVALID` for an unknown category
   */
  discover(disabledBackends: readonly string[]): DiscoveredProviders {
    const found = new Map<string, RegisteredProvider>();
    const seen = new Set<unknown>();
    for (const module of this.modules.values()) {
      for (const wrapper of module.providers.values()) {
        const options = this.optionsOf(wrapper);
        const instance: unknown = wrapper.instance;
        if (!options || seen.has(instance)) continue;
        seen.add(instance);
        const provider = register(wrapper, options, module.name);
        const problems = this.catalogue.unknownCategories('categories', options.categories ?? []);
        if (problems.length > 0) {
          throw auditErrors.AUDIT_OPTIONS_INVALID(
            problems,
            undefined,
            `register the audit provider ${provider.backend}`,
          );
        }
        const other = found.get(provider.backend);
        if (other) throw auditErrors.AUDIT_PROVIDER_INVALID.duplicate(provider.backend, other.module, provider.module);
        found.set(provider.backend, provider);
      }
    }
    for (const backend of disabledBackends) {
      if (!found.has(backend)) throw auditErrors.AUDIT_PROVIDER_INVALID.unknown(backend, [...found.keys()]);
    }
    const disabled = new Set(disabledBackends);
    return {
      enabled: [...found.values()].filter(({ backend }) => !disabled.has(backend)),
      disabled: [...disabled],
      all: [...found.values()],
    };
  }

  private optionsOf(wrapper: Wrapper): AuditProviderOptions | undefined {
    if (wrapper.isAlias) return undefined;
    if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) {
      // The class of a factory's result is unknown, but the token may be that class.
      const made: unknown = wrapper.inject ? wrapper.token : wrapper.metatype;
      if (typeof made === 'function' && optionsOfClass(made))
        throw auditErrors.AUDIT_PROVIDER_INVALID.requestScoped(made.name);
      return undefined;
    }
    const type = readFieldSafely(wrapper.instance, 'constructor');
    return typeof type === 'function' ? optionsOfClass(type) : undefined;
  }
}

/** Returns the backend names of an application's providers. Works before and after the start of the application. */
export function auditBackends(app: INestApplicationContext): readonly string[] {
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  const backends = modules.flatMap(({ providers }) =>
    [...providers.values()].flatMap(({ metatype, inject, instance }) => {
      const isClass = typeof metatype === 'function' && !inject;
      const made: unknown = isClass ? metatype : readFieldSafely(instance, 'constructor');
      const options = typeof made === 'function' ? optionsOfClass(made) : undefined;
      return options ? [options.backend ?? kebabCase((made as Type).name)] : []; // only a class can have these options
    }),
  );
  return [...new Set(backends)];
}

function optionsOfClass(type: object): AuditProviderOptions | undefined {
  return Reflect.getMetadata(AuditProvider.KEY, type) as AuditProviderOptions | undefined; // only the decorator writes these metadata
}

function register(wrapper: Wrapper, options: AuditProviderOptions, module: string): RegisteredProvider {
  const instance: unknown = wrapper.instance;
  const name = (instance as object).constructor.name; // an object, since its class has the decorator's metadata
  const provider = instance as AuditProvider; // tested in the next line
  if (typeof provider.record !== 'function') throw auditErrors.AUDIT_PROVIDER_INVALID.withoutRecord(name, module);
  checkCallOptions('provider', options, `register the audit provider ${name}`);
  const backend = options.backend ?? kebabCase(name);
  if (!BACKEND.test(backend)) throw auditErrors.AUDIT_PROVIDER_INVALID.badBackend(name, backend);
  return registerProvider(provider, backend, module, options);
}

function kebabCase(className: string): string {
  return className
    .replace(/(Audit)?(Provider)?$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase();
}

export interface RegisteredProvider {
  readonly backend: string;
  readonly module: string;
  readonly instance: AuditProvider;
  readonly awaited: boolean;
  readonly required: boolean;
  readonly maxBatchesInFlight: number;
  readonly wants: (event: AuditEvent) => boolean;
}

export function registerProvider(
  instance: AuditProvider,
  backend: string,
  module: string,
  options: AuditProviderOptions,
): RegisteredProvider {
  const categories = options.categories ? new Set(options.categories) : undefined;
  return {
    backend,
    module,
    instance,
    awaited: options.awaited ?? true,
    required: options.required ?? false,
    maxBatchesInFlight: instance.recordInTransaction ? 2 : 1, // transactions overlap, so such a provider expects calls in any order
    wants: categories ? (event) => categories.has(event.category) : () => true,
  };
}
