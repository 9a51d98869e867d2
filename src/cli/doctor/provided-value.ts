import { ModulesContainer } from '@nestjs/core';
import type { InjectionToken } from '@nestjs/common';

type NestModule = ModulesContainer extends Map<string, infer Value> ? Value : never;
type Wrapper = NestModule['providers'] extends Map<unknown, infer Value> ? Value : never;

/** The providers of these modules would connect to a database immediately. */
const OF_AN_ORM = /^(TypeOrm|Sequelize|MikroOrm|Mongoose)\w*Module$/;

/**
 * Creates the value of a provider and of its dependencies. Nest must have scanned the modules in preview mode. No hook runs. An object
 * without effect replaces each provider of an ORM, so that nothing connects.
 *
 * @returns `undefined` if no module provides the token. Rejects with the error that the factory throws
 */
export async function providedValue(modules: ModulesContainer, token: InjectionToken): Promise<unknown> {
  const owner = [...modules.values()].find((module) => module.providers.has(token));
  return owner ? new Maker(modules).make(token, owner) : undefined;
}

class Maker {
  private readonly made = new Map<Wrapper, Promise<unknown>>();

  constructor(private readonly modules: ModulesContainer) {}

  async make(token: InjectionToken, from: NestModule): Promise<unknown> {
    const owner = this.ownerOf(token, from, new Set());
    const wrapper = owner?.providers.get(token);
    if (!owner || !wrapper) return undefined;
    if (OF_AN_ORM.test(owner.metatype.name)) return NOTHING;
    const known = this.made.get(wrapper);
    if (known) return known;
    const making = this.makeFresh(wrapper, owner);
    this.made.set(wrapper, making);
    return making;
  }

  private async makeFresh({ metatype, inject, instance }: Wrapper, owner: NestModule): Promise<unknown> {
    if (typeof metatype !== 'function') return instance; // the provider is a value
    const make = metatype as unknown as (...parts: unknown[]) => unknown; // the provider is a factory or a class
    if (inject) return make(...(await this.all(inject.map(tokenOf), owner)));
    const Class = metatype as new (...parts: unknown[]) => object;
    return new Class(...(await this.all(dependenciesOf(Class), owner)));
  }

  private all(tokens: readonly (InjectionToken | undefined)[], owner: NestModule): Promise<unknown[]> {
    return Promise.all(
      tokens.map((token) => (token === undefined ? Promise.resolve(undefined) : this.make(token, owner))),
    );
  }

  /** Nest searches in this order: the module itself, its imports, and global modules. */
  private ownerOf(token: InjectionToken, from: NestModule, seen: Set<NestModule>): NestModule | undefined {
    if (from.providers.has(token)) return from;
    seen.add(from);
    const globals = [...this.modules.values()].filter(({ isGlobal }) => isGlobal);
    for (const module of [...from.imports, ...globals]) {
      if (seen.has(module) || !(module.exports.has(token) || module.exports.size > 0)) continue;
      const owner = this.ownerOf(token, module, seen);
      if (owner) return owner;
    }
    return undefined;
  }
}

function tokenOf(part: unknown): InjectionToken | undefined {
  const token =
    typeof part === 'object' && part !== null && 'token' in part ? (part as { token: InjectionToken }).token : part;
  return named(token);
}

function dependenciesOf(Class: object): readonly (InjectionToken | undefined)[] {
  const types = (Reflect.getMetadata('design:paramtypes', Class) ?? []) as readonly unknown[]; // the metadata that TypeScript writes
  const own = (Reflect.getMetadata('self:paramtypes', Class) ?? []) as readonly { index: number; param: unknown }[]; // the metadata that `@Inject` writes
  const tokens = [...types];
  for (const { index, param } of own) tokens[index] = param;
  return tokens.map(named);
}

function named(token: unknown): InjectionToken | undefined {
  const isForward = typeof token === 'object' && token !== null && 'forwardRef' in token;
  // Except for forward references, Nest accepts every value as a token.
  return (isForward ? (token as { forwardRef: () => unknown }).forwardRef() : token) as InjectionToken | undefined;
}

const NOTHING: unknown = new Proxy(() => undefined, {
  get: (_target, name) => (name === 'then' || typeof name === 'symbol' ? undefined : NOTHING),
  apply: () => NOTHING,
  construct: () => NOTHING as object,
});
