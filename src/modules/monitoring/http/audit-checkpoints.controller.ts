import {
  BadRequestException,
  Controller,
  Get,
  Header,
  Inject,
  NotFoundException,
  Query,
  Req,
  Res,
  UseFilters,
  UseGuards,
  ValidationPipe,
  type StreamableFile,
} from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOkResponse, ApiOperation, ApiParam, ApiProduces } from '@nestjs/swagger';
import { DescribesLedger, DescribesRefusals } from '../access/describes-refusals.decorator.js';
import { CHECKPOINT, CONSISTENCY, KEYS } from './examples/ledger-examples.js';
import { LogReader } from '../store/log-reading/log-reader.service.js';
import { CheckpointSigner } from '../signing/checkpoint-signer.service.js';
import { proveConsistency } from '../log/tiles/prove.js';
import { tilePath } from '../log/tiles/tile-path.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../access/access-options.js';
import { CheckpointAccessGuard } from './checkpoint-access.guard.js';
import { ConsistencyQuery } from './consistency-query.dto.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import {
  bytesResponse,
  immutable,
  longTilePaths,
  MUTABLE,
  TEXT,
  tileOfRequest,
  type LogRequest,
  type LogResponse,
} from './log-responses.js';
import { ConsistencyView, VerifierKeysView } from './log.dto.js';

const QUERY_VALIDATION = new ValidationPipe({
  whitelist: true,
  forbidNonWhitelisted: true,
  transform: true,
  expectedType: ConsistencyQuery,
});

/** The log as C2SP tlog-tiles has it, but for its entries: what shows that the ledger only grew, and holds no event. */
@DescribesLedger()
@Controller('audit')
@UseGuards(CheckpointAccessGuard)
@UseFilters(LedgerUnavailableFilter)
export class AuditCheckpointsController {
  constructor(
    @Inject(LogReader) private readonly log: LogReader,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(ACCESS_OPTIONS) private readonly options: AccessOptions,
  ) {}

  /** The newest checkpoint; with witnesses, the newest that enough of them cosigned, once there is one. */
  @Get('checkpoint')
  @ApiOperation({ summary: 'Get the newest checkpoint' })
  @Header('Content-Type', TEXT)
  @Header('Cache-Control', MUTABLE)
  @ApiProduces('text/plain')
  @ApiOkResponse({ type: String, description: 'A signed note (tlog-checkpoint)', example: CHECKPOINT })
  @DescribesRefusals({ 404: 'Nothing is sealed yet.' })
  async checkpoint(): Promise<string> {
    return (await this.shown()).note;
  }

  /** A tile of hashes: `tile/<L>/<N>`, or `tile/<L>/<N>.p/<W>`. */
  @Get('tile/:L/:N')
  @ApiOperation({ summary: 'Get a tile of hashes' })
  @ApiParam({ name: 'L', example: 0, description: 'Level' })
  @ApiParam({
    name: 'N',
    example: '067',
    description: '<N>[.p/<W>], as tlog-tiles has it: 067, 067.p/12, x001/x234/067',
  })
  @ApiProduces('application/octet-stream')
  @ApiOkResponse({ schema: { type: 'string', format: 'binary' } })
  @DescribesRefusals({ 404: 'The log has no such tile.' })
  async tile(@Req() request: LogRequest, @Res({ passthrough: true }) response: LogResponse): Promise<StreamableFile> {
    const { level, index, width } = tileOfRequest(request);
    const [tile] = level === 'entries' ? [] : await this.log.findTiles([{ level, index, width }]);
    if (!tile) {
      throw new NotFoundException(
        `Cannot show ${tilePath({ level, index, width })}: the tree has it not. Ask for tiles of the newest checkpoint.`,
      );
    }
    response.header('Cache-Control', immutable(this.options.publicCheckpoints ? 'public' : 'private'));
    return bytesResponse(tile);
  }

  @Get(longTilePaths('tile/:L'))
  @ApiExcludeEndpoint()
  async longTile(
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<StreamableFile> {
    return this.tile(request, response);
  }

  /** Shows that the tree of size `from` is the beginning of that of size `to`. */
  @Get('consistency')
  @ApiOperation({ summary: 'Prove that the log only grew between two sizes' })
  @Header('Cache-Control', MUTABLE)
  @ApiOkResponse({ type: ConsistencyView, example: CONSISTENCY })
  @DescribesRefusals({ 400: 'Each problem of the query.', 404: 'The log is smaller than that.' })
  async consistency(@Query(QUERY_VALIDATION) { from, to }: ConsistencyQuery): Promise<ConsistencyView> {
    const end = to ?? (await this.shown()).size;
    const newest = (await this.log.newestCheckpoint())?.size ?? 0; // read after what is shown: the ledger grows meanwhile
    if (end > newest)
      throw new NotFoundException(`Cannot prove size ${end}: the ledger has size ${newest}. Ask later.`);
    if (from > end) throw new BadRequestException([`from must not be more than to, ${end}`]);
    const hashes = await proveConsistency(from, end, this.log.readTile);
    return { from, to: end, hashes: hashes.map((hash) => Buffer.from(hash).toString('base64')) };
  }

  /** The verifier keys of this ledger. Who verifies holds them against those that were given by another way. */
  @Get('keys')
  @ApiOperation({ summary: 'List the keys that verify checkpoints' })
  @Header('Cache-Control', MUTABLE)
  @ApiOkResponse({ type: VerifierKeysView, example: KEYS })
  async keys(): Promise<VerifierKeysView> {
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
    throw new NotFoundException('Cannot show a checkpoint: nothing is sealed yet. Ask again in a few seconds.');
  }
}
