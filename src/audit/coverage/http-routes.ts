import { RequestMethod, type Type } from '@nestjs/common';
import { MetadataScanner, type ApplicationConfig, type ModulesContainer } from '@nestjs/core';
import { PathsExplorer } from '@nestjs/core/router/paths-explorer.js';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';

/** A path to a handler. A handler with two paths, or with two versions in the path, has two routes. */
export interface HttpRoute {
  readonly controller: string;
  readonly handler: string;
  /** The name in `RequestMethod`: `POST`, …, or `ALL`. */
  readonly method: string;
  /** The path with the global prefix, the version and the module's path. */
  readonly path: string;
}

/** A route with the objects that carry its decorators' metadata. */
export interface FoundRoute extends HttpRoute {
  readonly controllerClass: object;
  readonly handlerFunction: object;
  /** The API version from `@Version`, from the controller, or from the default of the application. */
  readonly version: unknown;
  /** The host of `@Controller({ host })`. */
  readonly host: unknown;
}

/** Copied here, because Nest has moved its constants for these metadata keys between versions. */
const PATH = 'path';
const HOST = 'host';
const VERSION = '__version__';
const MODULE_PATH = '__module_path__';

type RouteMetadata = Parameters<RoutePathFactory['create']>[0];
type ControllerPart = Pick<RouteMetadata, 'modulePath' | 'globalPrefix' | 'controllerVersion' | 'versioningOptions'>;

/** Lists every HTTP route of every controller. Nest's own code makes the paths. Works without instances, as in preview mode. */
export function listHttpRoutes(modules: ModulesContainer, config: ApplicationConfig): readonly FoundRoute[] {
  const paths = new RoutePathFactory(config);
  return [...modules.values()].flatMap((module) =>
    [...module.controllers.values()].flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      const controller = metatype as Type<object>; // Nest accepts only classes as controllers
      const modulePath = getModulePath(module.metatype, modules);
      return listControllerRoutes(controller, getControllerPart(controller, modulePath, config), paths);
    }),
  );
}

function listControllerRoutes(controller: Type<object>, part: ControllerPart, paths: RoutePathFactory): FoundRoute[] {
  const controllerPaths = [Reflect.getMetadata(PATH, controller) as string | string[] | undefined].flat(); // only Nest writes this value
  const host: unknown = Reflect.getMetadata(HOST, controller);
  const prototype = controller.prototype as object; // an object with the methods of the class
  const handlers = new PathsExplorer(new MetadataScanner()).scanForPaths(prototype, prototype);
  return controllerPaths.flatMap((ctrlPath = '') =>
    handlers.flatMap(({ path: methodPaths, requestMethod, methodName, targetCallback, version }) => {
      const methodVersion: Pick<RouteMetadata, 'methodVersion'> =
        version === undefined ? {} : { methodVersion: version };
      return methodPaths
        .flatMap((methodPath) => paths.create({ ...part, ...methodVersion, ctrlPath, methodPath }, requestMethod))
        .map((path) => ({
          controller: controller.name,
          handler: methodName,
          method: RequestMethod[requestMethod],
          path,
          controllerClass: controller,
          handlerFunction: targetCallback,
          version: version ?? part.controllerVersion,
          host,
        }));
    }),
  );
}

function getControllerPart(
  controller: object,
  modulePath: string | undefined,
  config: ApplicationConfig,
): ControllerPart {
  const prefix = config.getGlobalPrefix();
  const versioningOptions = config.getVersioning();
  const ownVersion = Reflect.getMetadata(VERSION, controller) as ControllerPart['controllerVersion']; // only Nest writes this value
  const controllerVersion = versioningOptions && (ownVersion ?? versioningOptions.defaultVersion);
  return {
    ...(modulePath === undefined ? {} : { modulePath }),
    ...(prefix === '' ? {} : { globalPrefix: `/${prefix.replace(/^\/+/, '')}` }),
    ...(versioningOptions === undefined ? {} : { versioningOptions }),
    ...(controllerVersion === undefined ? {} : { controllerVersion }),
  };
}

function getModulePath(module: object, modules: ModulesContainer): string | undefined {
  const path: unknown =
    Reflect.getMetadata(MODULE_PATH + modules.applicationId, module) ?? Reflect.getMetadata(MODULE_PATH, module);
  return typeof path === 'string' ? path : undefined;
}
