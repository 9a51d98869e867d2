import { z } from 'zod';
import { list, named, time } from '../answers/shape.js';
import { Parameter, RequiredParameter } from '../query/query-parameters.js';

/** The query of `GET /audit/consistency`. */
export class ConsistencyQuery {
  @RequiredParameter({ type: Number, minimum: 0, description: 'Size of the smaller tree' })
  readonly from!: number;

  @Parameter({ type: Number, minimum: 0, description: "Size of the larger tree; default: the shown checkpoint's" })
  readonly to?: number;
}

/** A consistency proof (RFC 6962, section 2.1.2): the tree of size `from` is the beginning of that of size `to`. */
export const ConsistencyProof = named(
  'ConsistencyProof',
  z.object({
    from: z.int(),
    to: z.int(),
    hashes: list(z.base64()).describe('Hashes, in the order of the RFC'),
  }),
);
export type ConsistencyProof = z.infer<typeof ConsistencyProof>;

/** The keys that verify the ledger's checkpoints. */
export const VerifierKeys = named(
  'VerifierKeys',
  z.object({
    origin: z.string().describe('What the ledger is called in its checkpoints').meta({ example: 'example.com/audit' }),
    keys: list(
      z.object({
        verifierKey: z
          .string()
          .describe('<name>+<id>+<key>, as signed-note has it')
          .meta({ example: 'example.com/audit+2b1d3c4e+AaTZ…' }),
        state: z.enum(['current', 'former']),
        firstUsedAt: time.exactOptional().describe('When it signed first, as the database says'),
      }),
    ),
  }),
);
export type VerifierKeys = z.infer<typeof VerifierKeys>;
