import { z } from 'zod';
import { named } from '../answers/shape.js';

/** The body of the answer to a refused or failed request. */
export const Refusal = named(
  'Refusal',
  z.object({
    statusCode: z.int().describe('The status of the response').meta({ example: 403 }),
    error: z.string().exactOptional().describe('The name of the status').meta({ example: 'Forbidden' }),
    code: z
      .string()
      .exactOptional()
      .describe('One of docs/reference/errors.md')
      .meta({ example: 'AUDIT_ACCESS_DENIED' }),
    message: z
      .union([z.string(), z.array(z.string())])
      .describe('What failed, what was seen, and what to do; of an invalid query or body, each problem'),
  }),
);
