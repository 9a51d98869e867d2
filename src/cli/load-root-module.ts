import 'reflect-metadata';
import type { DynamicModule, Type } from '@nestjs/common';
import { loadExports } from './load-exports.js';
import { TargetError } from './target.error.js';

/** A module from which Nest can make an application. */
export type RootModule = Type | DynamicModule;

/** The metadata keys that a module's decorator sets on its class. */
const MODULE_KEYS = ['imports', 'controllers', 'providers', 'exports'];

/**
 * Loads `file#export` (default: the default export, else the only module that the file exports), relative to the working directory. If the
 * export is a function and not a class, its result is the module.
 *
 * @throws TargetError (`AUDIT_TARGET_INVALID`)
 */
export async function loadRootModule(target: string): Promise<RootModule> {
  const [file = '', name] = target.split('#');
  const exported = await loadExports(file);
  const value = name === undefined ? onlyModuleOf(exported) : exported[name];
  if (value === undefined) {
    const what = name === undefined ? 'the root module' : `the export ${name}`;
    const whatToDo = 'Name the root module after #, as in dist/app.module.js#AppModule.';
    throw TargetError.notExported(file, what, Object.keys(exported), whatToDo);
  }
  try {
    return asModule(isFactory(value) ? await value() : value, target);
  } catch (error) {
    throw error instanceof TargetError ? error : TargetError.notScanned(target, error);
  }
}

function onlyModuleOf(exported: Readonly<Record<string, unknown>>): unknown {
  const { default: whole } = exported;
  if (typeof whole === 'function' || isDynamic(whole)) return whole;
  const modules = new Set(Object.values(exported).filter((value) => isDecorated(value) || isDynamic(value)));
  return modules.size === 1 ? [...modules][0] : undefined;
}

function isDecorated(value: unknown): boolean {
  return typeof value === 'function' && MODULE_KEYS.some((key) => Reflect.hasMetadata(key, value));
}

function isDynamic(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'module' in value;
}

/** Whether a value is a function and not a class. */
function isFactory(value: unknown): value is () => unknown {
  return typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable !== false;
}

function asModule(value: unknown, target: string): RootModule {
  if (!isDynamic(value) && typeof value !== 'function') throw TargetError.noModule(target);
  return value as RootModule; // a class, or an object marked as a dynamic module; Nest checks the rest
}
