import { z } from 'zod';
import { list, namedSchema, time } from '../read/responses/shape.js';

const StatePart = namedSchema(
  'StatePart',
  z.object({
    name: z.string().meta({ example: 'sealing' }),
    status: z.enum(['ok', 'warning', 'error', 'off']).describe('off: the part is not in use'),
    message: z.string().describe('One sentence').meta({ example: 'No event waits in the spill.' }),
    remedy: z.string().exactOptional().describe('Absent if there is nothing to do'),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).readonly(),
  }),
);
export type StatePart = z.infer<typeof StatePart>;

export const StateReport = namedSchema(
  'StateReport',
  z.object({
    status: z.enum(['ok', 'warning', 'error']).describe('The worst status of the parts'),
    at: time,
    parts: list(StatePart),
  }),
);
export type StateReport = z.infer<typeof StateReport>;
