import { RequestMethod, type INestApplicationContext } from '@nestjs/common';
import { Refusal } from '../../access/refusal.dto.js';
import { describeRoute } from './describe-route.js';
import { DescribedSchemas } from './described-schemas.js';
import { mountedRoutes } from './mounted-routes.js';

/** The part of an OpenAPI document that the routes are added to. */
export interface OpenApiDocument {
  readonly paths?: object;
  readonly components?: { readonly schemas?: object };
}

/**
 * Adds the library's routes to an OpenAPI 3.0 document, at the paths where the application mounted them. Security is the scheme `bearer`.
 *
 * @param document for example from `SwaggerModule.createDocument()` of `@nestjs/swagger`
 * @returns the document with them, and with the schema `Refusal`; the given one is not changed
 */
export function describeLedger<Document extends OpenApiDocument>(app: INestApplicationContext, document: Document) {
  const schemas = new DescribedSchemas();
  schemas.of(Refusal);
  const paths: Record<string, Readonly<Record<string, object>>> = {};
  for (const route of mountedRoutes(app)) {
    const method = RequestMethod[route.method].toLowerCase();
    for (const path of route.paths) {
      paths[path] = { ...paths[path], [method]: describeRoute(route, path, schemas) };
    }
  }
  const { components } = document;
  return {
    ...document,
    paths: { ...document.paths, ...paths },
    components: { ...components, schemas: { ...components?.schemas, ...schemas.components } },
  };
}
