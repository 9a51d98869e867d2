import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { readFieldSafely } from '../event/read-safely.js';

/**
 * The metadata keys by which frameworks mark their handlers. Frameworks wait for the recording before and after a handler, whatever it
 * returns.
 */
const HANDLER_MARKS = ['path', 'microservices:pattern', 'websockets:message_mapping', 'graphql:resolver_type'];

/** A method of a provider or a controller. */
export interface ApplicationMethod {
  readonly type: object;
  readonly method: object;
  /** Its class and name, for messages. */
  readonly label: string;
  /** Whether a framework calls it. */
  readonly isHandler: boolean;
}

/** Lists every method of the application's providers and controllers. */
export function applicationMethods(modules: ModulesContainer): readonly ApplicationMethod[] {
  const scanner = new MetadataScanner();
  const classes = new Set<unknown>();
  for (const module of modules.values()) {
    for (const { instance, metatype } of [...module.providers.values(), ...module.controllers.values()]) {
      classes.add(readFieldSafely(instance, 'constructor') ?? metatype);
    }
  }
  return [...classes].flatMap((type) => {
    if (typeof type !== 'function' || typeof type.prototype !== 'object' || type.prototype === null) return [];
    const prototype = type.prototype as object; // checked above
    return scanner.getAllMethodNames(prototype).flatMap((name) => {
      const method: unknown = readFieldSafely(prototype, name);
      if (typeof method !== 'function') return [];
      const isHandler = HANDLER_MARKS.some((mark) => Reflect.hasMetadata(mark, method));
      return [{ type, method, label: `${type.name}.${name}`, isHandler }];
    });
  });
}
