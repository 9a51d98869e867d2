import { z } from 'zod';
import { list, named } from '../responses/shape.js';

/** An event as it was sealed, and the values that, together with the event, determine its leaf in the Merkle tree. */
export const SealedParts = named(
  'SealedParts',
  z.object({
    entry: z
      .string()
      .describe(
        'The sealed event as canonical JSON, with the commitment instead of the personal part. Its bytes are hashed',
      ),
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
    salt: z
      .base64()
      .exactOptional()
      .describe(
        'The salt of the commitment, if the query requests it and the reader has the permission to export. Absent after an erasure',
      ),
  }),
);
export type SealedParts = z.infer<typeof SealedParts>;

/** The proof that a signed checkpoint includes an event. The proof can be verified without the server. */
export const EventProof = named(
  'EventProof',
  z.object({
    id: z.uuid(),
    index: z.int(),
    proof: z.string().describe('A tlog-proof (c2sp.org/tlog-proof@v1)').meta({
      example:
        'c2sp.org/tlog-proof@v1\nindex 41\nXxCbnQshEhS62DvSz98Z+PFJ6/9E8iMxZSsz17WrgzY=\n\nexample.com/audit\n42\n…',
    }),
    sealed: SealedParts.exactOptional().describe('Absent if the event was retired'),
  }),
);
export type EventProof = z.infer<typeof EventProof>;
