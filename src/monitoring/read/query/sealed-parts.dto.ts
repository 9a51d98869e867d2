import { z } from 'zod';
import { list, named } from '../responses/shape.js';

/** The values that, together with an event, determine the event's leaf in the Merkle tree. */
export const SealedParts = named(
  'SealedParts',
  z.object({
    id: z.uuid(),
    leafHash: z
      .base64()
      .describe("The leaf hash in the event's row. It must equal the hash that is computed from the event"),
    commitment: z
      .base64()
      .exactOptional()
      .describe('The commitment to the personal part; absent if the event has no personal part'),
    personal: list(z.string())
      .describe('JSON Pointers to the personal values')
      .meta({ example: ['/actor/name'] }),
    isPersonalHidden: z.boolean().describe('Whether the personal part is hidden from the reader'),
  }),
);
export type SealedParts = z.infer<typeof SealedParts>;

/** The salt of the commitment to an event's personal part. */
export const EventSalt = named('EventSalt', z.object({ id: z.uuid(), salt: z.base64() }));
export type EventSalt = z.infer<typeof EventSalt>;
