import { RequestMethod, type INestApplicationContext, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_PATH, PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { ROUTE_TAG, ROUTE_FACTS, type RouteFacts } from './ledger-controller.decorator.js';

export type Handler = (...given: never[]) => unknown;

export interface MountedRoute {
  readonly controller: Type<object>;
  readonly handler: Handler;
  readonly facts: RouteFacts;
  readonly method: RequestMethod;
  /** The paths include the application's prefixes and versions. Parameters look like `{id}`. */
  readonly paths: readonly string[];
}

export function mountedRoutes(app: INestApplicationContext): readonly MountedRoute[] {
  const config = app.get(ApplicationConfig);
  const factory = new RoutePathFactory(config);
  const container = app.get(ModulesContainer);
  const versioningOptions = config.getVersioning();
  const prefix = config.getGlobalPrefix();
  return [...container.values()].flatMap(({ controllers, metatype }) => {
    const modulePath = metadata(MODULE_PATH + container.applicationId, metatype) ?? metadata(MODULE_PATH, metatype);
    return [...controllers.keys()].filter(isOurs).flatMap((controller) => {
      const version = metadata(VERSION_METADATA, controller) ?? versioningOptions?.defaultVersion;
      return handlersOf(controller).flatMap((handler) => {
        const facts = metadata(ROUTE_FACTS.KEY, handler) as RouteFacts | undefined; // the decorator `Route` sets this metadata
        if (!facts) return [];
        const method = metadata(METHOD_METADATA, handler) as RequestMethod; // Nest's decorators set all metadata that is read in this function
        const parts = {
          ctrlPath: metadata(PATH_METADATA, controller) as string,
          methodPath: [metadata(PATH_METADATA, handler)].flat()[0] as string, // all other paths are variants of the first path
          globalPrefix: prefix === '' ? '' : `/${prefix.replace(/^\/|\/$/g, '')}`,
          ...(modulePath !== undefined && { modulePath: modulePath as string }),
          ...(version !== undefined && { controllerVersion: version as string }),
          ...(versioningOptions && { versioningOptions }),
        };
        const paths = factory.create(parts, method).map((path) => path.replaceAll(/:(\w+)/g, '{$1}'));
        return [{ controller, handler, facts, method, paths }];
      });
    });
  });
}

export function metadata(key: string, target: object | undefined): unknown {
  return target && Reflect.getMetadata(key, target);
}

function isOurs(controller: unknown): controller is Type<object> {
  return typeof controller === 'function' && metadata(ROUTE_TAG.KEY, controller) !== undefined;
}

function handlersOf({ prototype }: Type<object>): readonly Handler[] {
  const names = new MetadataScanner().getAllMethodNames(prototype as object);
  return names.map((name) => Reflect.get(prototype as object, name) as Handler); // getAllMethodNames() returns names of methods
}
