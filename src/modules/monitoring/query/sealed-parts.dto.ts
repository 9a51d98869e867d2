import { z } from 'zod';
import { list, named } from '../answers/shape.js';

/** The values that a reader needs beside an event to compute its leaf. */
export const SealedParts = named(
  'SealedParts',
  z.object({
    id: z.uuid(),
    leafHash: z
      .base64()
      .describe("The leaf that the event's row has. The one that is computed from the event has to be the same"),
    commitment: z
      .base64()
      .exactOptional()
      .describe('Of the personal part; absent where the event says nothing of persons'),
    personal: list(z.string())
      .describe('JSON Pointers to the personal values')
      .meta({ example: ['/actor/name'] }),
    isPersonalHidden: z.boolean().describe('Whether the reader sees only the facts of the event'),
  }),
);
export type SealedParts = z.infer<typeof SealedParts>;

/** The salt of the commitment to an event's personal part. */
export const EventSalt = named('EventSalt', z.object({ id: z.uuid(), salt: z.base64() }));
export type EventSalt = z.infer<typeof EventSalt>;
