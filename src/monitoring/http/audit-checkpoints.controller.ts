import {
  BadRequestException,
  Get,
  Header,
  Inject,
  NotFoundException,
  Query,
  Req,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import { LogReader } from '../store/log-reading/log-reader.service.js';
import { CheckpointSigner } from '../proof/signing/checkpoint-signer.service.js';
import { proveConsistency } from '../proof/log/tiles/prove-inclusion.js';
import { formatTilePath } from '../proof/log/tiles/tile-path.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../read/access/ledger-access.js';
import { CheckpointAccessGuard } from './ledger-access.guard.js';
import {
  toBytesResponse,
  listLongTilePaths,
  MUTABLE,
  TEXT,
  parseRequestTile,
  type LogRequest,
  type LogResponse,
} from './log-responses.js';
import { QueryPipe, type ParsedByPipe } from './request.pipe.js';
import {
  LedgerController,
  binaryResponseBody,
  Route,
  textResponseBody,
} from './openapi/ledger-controller.decorator.js';
import { z } from 'zod';
import { list, namedSchema, time } from '../read/responses/shape.js';
import { Parameter, RequiredParameter } from '../read/query/query-parameters.js';

export class ConsistencyQuery {
  @RequiredParameter({ type: Number, minimum: 0, description: 'Size of the smaller tree' })
  readonly from!: number;

  @Parameter({
    type: Number,
    minimum: 0,
    description: 'Size of the larger tree; default: the size of the checkpoint from GET /audit/checkpoint',
  })
  readonly to?: number;
}

/** A consistency proof (RFC 6962, section 2.1.2). The proof shows that the tree of size `to` extends the tree of size `from`. */
export const ConsistencyProof = namedSchema(
  'ConsistencyProof',
  z.object({
    from: z.int(),
    to: z.int(),
    hashes: list(z.base64()).describe('The hashes of the proof, in the order of RFC 6962'),
  }),
);
export type ConsistencyProof = z.infer<typeof ConsistencyProof>;

export const VerifierKeys = namedSchema(
  'VerifierKeys',
  z.object({
    origin: z.string().describe('The name of the ledger in its checkpoints').meta({ example: 'example.com/audit' }),
    keys: list(
      z.object({
        verifierKey: z
          .string()
          .describe('<name>+<id>+<key>, in the format of signed-note')
          .meta({ example: 'example.com/audit+2b1d3c4e+AaTZ…' }),
        state: z.enum(['current', 'former']),
        firstUsedAt: time.exactOptional().describe('When the key first signed a checkpoint, according to the database'),
      }),
    ),
  }),
);
export type VerifierKeys = z.infer<typeof VerifierKeys>;

/** Serves the hashes of the log as C2SP tlog-tiles. The hashes prove that the ledger only grew, and contain no events. */
@LedgerController('audit', CheckpointAccessGuard)
export class AuditCheckpointsController {
  constructor(
    @Inject(LogReader) private readonly log: LogReader,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(ACCESS_OPTIONS) private readonly options: AccessOptions,
  ) {}

  /** Returns the newest checkpoint. With witnesses, returns the newest checkpoint that enough witnesses cosigned. */
  @Get('checkpoint')
  @Route(
    'Get the newest checkpoint',
    textResponseBody(
      'example.com/audit\n42\nNud5c/sb039nEpfk3TsCvOkMyUwEaIaasxKrq86tMds=\n\n— example.com/audit e+wE…\n',
    ),
    { 404: 'Nothing is sealed yet.' },
  )
  @Header('Content-Type', TEXT)
  @Header('Cache-Control', MUTABLE)
  async checkpoint(): Promise<string> {
    return (await this.shown()).note;
  }

  @Get(['tile/:L/:N', ...listLongTilePaths('tile/:L')])
  @Route('Get a tile of hashes', binaryResponseBody(), { 404: 'The log has no such tile.' })
  async tile(@Req() request: LogRequest, @Res({ passthrough: true }) response: LogResponse): Promise<StreamableFile> {
    const { level, index, width } = parseRequestTile(request);
    const [tile] = level === 'entries' ? [] : await this.log.findTiles([{ level, index, width }]);
    if (!tile) {
      throw new NotFoundException(
        `Cannot show ${formatTilePath({ level, index, width })}: the tree has no such tile. Request tiles of the newest checkpoint.`,
      );
    }
    const caches = this.options.publicCheckpoints ? 'public' : 'private';
    response.header('Cache-Control', `${caches}, max-age=31536000, immutable`); // a year
    return toBytesResponse(tile);
  }

  @Get('consistency')
  @Route('Prove that the log only grew between two sizes', ConsistencyProof, {
    404: 'The log is smaller than the requested size.',
  })
  @Header('Cache-Control', MUTABLE)
  async consistency(
    @Query(new QueryPipe(ConsistencyQuery)) { from, to }: ParsedByPipe<ConsistencyQuery>,
  ): Promise<ConsistencyProof> {
    const end = to ?? (await this.shown()).size;
    const newest = (await this.log.newestCheckpoint())?.size ?? 0; // read after `end`, so that `newest` includes the growth of the ledger
    if (end > newest)
      throw new NotFoundException(`Cannot prove size ${end}: the ledger has size ${newest}. Try again later.`);
    if (from > end) throw new BadRequestException([`from must not be greater than to (${end})`]);
    const hashes = await proveConsistency(from, end, this.log.readTile);
    return { from, to: end, hashes: hashes.map((hash) => Buffer.from(hash).toString('base64')) };
  }

  /** Returns the verifier keys of this ledger. A verifier must compare these keys with keys from another source. */
  @Get('keys')
  @Route('List the keys that verify checkpoints', VerifierKeys)
  @Header('Cache-Control', MUTABLE)
  async keys(): Promise<VerifierKeys> {
    const firstUses = await this.log.firstUses();
    const view = (state: 'current' | 'former') => (verifierKey: string) => {
      const firstUsedAt = firstUses.get(verifierKey);
      return { verifierKey, state, ...(firstUsedAt === undefined ? {} : { firstUsedAt }) };
    };
    const { verifierKeys, formerKeys } = this.signer;
    return {
      origin: this.signer.origin,
      keys: [...verifierKeys.map(view('current')), ...formerKeys.map(view('former'))],
    };
  }

  private async shown(): Promise<{ readonly size: number; readonly note: string }> {
    const checkpoint = await this.log.servedCheckpoint();
    if (checkpoint) return checkpoint;
    throw new NotFoundException('Cannot show a checkpoint: nothing is sealed yet. Try again in a few seconds.');
  }
}
