import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;
const REFUSAL = { 'application/json': { schema: { $ref: '#/components/schemas/RefusalView' } } };
const UNAUTHORIZED = { description: 'The access token is missing or invalid.', content: REFUSAL };
const INVALID = { description: 'The body, the query or the path is invalid.', content: REFUSAL };

/**
 * Adds what holds for all routes of the application: its guard refuses each route that is not public, its pipe refuses
 * invalid input, and all refusals have one shape.
 */
export function completeDescription(document: OpenAPIObject): OpenAPIObject {
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) completeOperation(operation);
    }
  }
  return document;
}

function completeOperation(operation: Operation): void {
  const { security, responses } = operation;
  if (security === undefined || security.length === 0) operation.security = [];
  else if (security.every((each) => 'bearer' in each)) responses['401'] ??= UNAUTHORIZED;
  if (operation.requestBody !== undefined || (operation.parameters?.length ?? 0) > 0) responses['400'] ??= INVALID;
  for (const [status, response] of Object.entries(responses)) {
    if (Number(status) < 400 || response === undefined || '$ref' in response) continue;
    response.content ??= REFUSAL;
    response.description ||= 'Refused';
  }
}
