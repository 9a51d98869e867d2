import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  ConflictException,
  ForbiddenException,
  Get,
  Headers,
  Inject,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Req,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { formatProof } from '../proof/log/notes/tlog-proof.js';
import { LogReader } from '../store/log-reading/log-reader.service.js';
import { encodeBundle } from '../proof/log/tiles/entry-bundle.js';
import { proveInclusion } from '../proof/log/tiles/prove-inclusion.js';
import { tilePath, type TileResource } from '../proof/log/tiles/tile-path.js';
import { PrimaryQuery } from '../read/query/primary-query.service.js';
import { EventSalt, SealedParts } from '../read/query/sealed-parts.dto.js';
import {
  acceptsGzip,
  bytesResponse,
  longTilePaths,
  MUTABLE,
  textResponse,
  tileOfRequest,
  type LogRequest,
  type LogResponse,
} from './log-responses.js';
import { Access, NeedsPermission } from './ledger-access.guard.js';
import { AuditedRead, noteRead } from './record-read.js';
import { LedgerController, bytesBody, Route, textBody } from './openapi/ledger-controller.decorator.js';

const compress = promisify(gzip);

/** Serves the log's entries and their proofs to readers whom the application authorises. */
@LedgerController('audit')
export class AuditEntriesController {
  constructor(
    @Inject(LogReader) private readonly log: LogReader,
    @Inject(PrimaryQuery) private readonly ledger: PrimaryQuery,
  ) {}

  /** Returns a bundle of sealed events as canonical JSON: `tile/entries/<N>`, or `tile/entries/<N>.p/<W>`. */
  @Get(['tile/entries/:N', ...longTilePaths('tile/entries')])
  @Route('Get a bundle of sealed events', bytesBody(), {
    404: 'The log has no such bundle, or some of its events were retired.',
  })
  @AuditedRead('viewed')
  async entries(
    @Access() access: LedgerAccess,
    @Req() request: LogRequest,
    @Headers('accept-encoding') encodings: string | undefined,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<StreamableFile> {
    if (access.scope !== 'all') {
      throw new ForbiddenException(
        'Cannot show entries: a bundle contains events of every tenant. Request the proofs of single events.',
      );
    }
    const tile = tileOfRequest(request);
    const bundle = await this.bundle(tile);
    noteRead({ access, filters: { tile: tilePath({ ...tile, level: 'entries' }) }, shown: tile.width });
    const isCompressed = acceptsGzip(encodings);
    response.header('Vary', 'Accept-Encoding');
    if (isCompressed) response.header('Content-Encoding', 'gzip');
    return bytesResponse(isCompressed ? await compress(bundle) : bundle);
  }

  /** Returns a proof that a signed checkpoint includes the event. The proof can be verified without the server. */
  @Get('events/:id/proof')
  @Route(
    'Prove an event: its inclusion in a signed checkpoint',
    textBody(
      'c2sp.org/tlog-proof@v1\nindex 41\nXxCbnQshEhS62DvSz98Z+PFJ6/9E8iMxZSsz17WrgzY=\n\nexample.com/audit\n42\n…',
    ),
    { 404: 'No event has that id, or you may not see the event.', 409: 'The event is not sealed yet.' },
  )
  async proof(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<StreamableFile> {
    const index = await this.indexFor(access, id);
    const checkpoint = await this.log.servedCheckpoint(index + 1);
    if (!checkpoint || checkpoint.size <= index) return refuseUnsealed(id);
    const hashes = await proveInclusion(index, checkpoint.size, this.log.readTile);
    response.header('Cache-Control', `private, ${MUTABLE}`);
    return textResponse(formatProof({ index, hashes, checkpoint: checkpoint.note }), `${id}.tlog-proof`);
  }

  /** Returns the entry of an event in the log: the sealed event, without its personal part. */
  @Get('events/:id/entry')
  @Route('Get an event as it was sealed', bytesBody('application/json'), {
    404: 'No event has that id, or you may not see the event.',
  })
  @AuditedRead('viewed')
  async entry(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<StreamableFile> {
    const entry = await this.log.findEntry(access, id);
    if (!entry)
      throw new NotFoundException(`Cannot show the entry of the event ${id}: no event has that id. Check the id.`);
    noteRead({ access, filters: { id }, shown: 1 });
    return bytesResponse(entry, 'application/json');
  }

  /** Returns the values that a reader needs, in addition to the event, to compute the leaf of the event. */
  @Get('events/:id/sealed')
  @Route('Get the values that determine the leaf of an event', SealedParts, {
    404: 'No event has that id, or you may not see the event.',
  })
  @AuditedRead('viewed')
  async sealed(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<SealedParts> {
    const parts = await this.ledger.sealedParts(access, id);
    if (!parts)
      throw new NotFoundException(`Cannot show how the event ${id} is sealed: no event has that id. Check the id.`);
    noteRead({ access, filters: { id }, shown: 1 });
    return parts;
  }

  /**
   * Returns the salt of the personal part, so that a reader can check the personal part against its commitment. The route requires the
   * permission to export. A reader who stores the salt can test guesses of the personal part, even after an erasure.
   */
  @Get('events/:id/salt')
  @Route('Get the salt of the personal part of an event', EventSalt, {
    404: 'No event has that id, or you cannot see its personal part.',
  })
  @NeedsPermission('export')
  @AuditedRead('viewed')
  async salt(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<EventSalt> {
    const found = await this.ledger.salt(access, id);
    if (!found) {
      throw new NotFoundException(
        `Cannot show the salt of the event ${id}: you cannot see a personal part of it. Check the id.`,
      );
    }
    noteRead({ access, filters: { id }, shown: 1, more: { salt: true } });
    return found;
  }

  /** Only readers with access to all events get the index of a retired event. */
  private async indexFor(access: LedgerAccess, id: string): Promise<number> {
    const event = await this.ledger.findOne(access, id);
    const index = event || access.scope === 'all' ? await this.log.indexOf(id) : undefined;
    if (index !== undefined) return index;
    if (event) return refuseUnsealed(id);
    throw new NotFoundException(`Cannot prove the event ${id}: no event has that id. Check the id.`);
  }

  private async bundle({ index, width }: TileResource): Promise<Uint8Array> {
    const entries = await this.log.findEntries(index, width);
    if (entries) return encodeBundle(entries);
    throw new NotFoundException(
      `Cannot show ${tilePath({ level: 'entries', index, width })}: the tree does not have that many entries. Request bundles of the newest checkpoint.`,
    );
  }
}

function refuseUnsealed(id: string): never {
  throw new ConflictException(
    `Cannot prove the event ${id}: it is stored, but not sealed yet. Try again in a few seconds.`,
  );
}
