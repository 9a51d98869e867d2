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
import type { LedgerAccess } from '../access/ledger-access.js';
import { formatProof } from '../log/notes/tlog-proof.js';
import { LogReader } from '../store/log-reading/log-reader.service.js';
import { encodeBundle } from '../log/tiles/entry-bundle.js';
import { proveInclusion } from '../log/tiles/prove-inclusion.js';
import { tilePath, type TileResource } from '../log/tiles/tile-path.js';
import { PrimaryQuery } from '../query/primary-query.service.js';
import { EventSalt, SealedParts } from '../query/sealed-parts.dto.js';
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
import { LedgerController, bytesAnswer, Route, textAnswer } from './openapi/ledger-controller.decorator.js';

const compress = promisify(gzip);

/** Serves the log's entries and their proofs to readers whom the application authorises. */
@LedgerController('audit')
export class AuditEntriesController {
  constructor(
    @Inject(LogReader) private readonly log: LogReader,
    @Inject(PrimaryQuery) private readonly ledger: PrimaryQuery,
  ) {}

  /** A bundle of sealed events, as canonical JSON: `tile/entries/<N>`, or `tile/entries/<N>.p/<W>`. */
  @Get(['tile/entries/:N', ...longTilePaths('tile/entries')])
  @Route('Get a bundle of sealed events', bytesAnswer(), {
    404: 'The log has no such bundle, or its events are not stored any more.',
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
        'Cannot show entries: they are of every tenant. Ask for the proofs of single events.',
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

  /** Proves one event, offline: its inclusion in a signed checkpoint. */
  @Get('events/:id/proof')
  @Route(
    'Prove an event: its inclusion in a signed checkpoint',
    textAnswer(
      'c2sp.org/tlog-proof@v1\nindex 41\nXxCbnQshEhS62DvSz98Z+PFJ6/9E8iMxZSsz17WrgzY=\n\nexample.com/audit\n42\n…',
    ),
    { 404: 'Nothing has that id, or you may not see it.', 409: 'The event is not sealed yet.' },
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

  /** The entry that the proof covers: the event as it was sealed, without its personal part. */
  @Get('events/:id/entry')
  @Route('Get an event as it was sealed', bytesAnswer('application/json'), {
    404: 'Nothing has that id, or you may not see it.',
  })
  @AuditedRead('viewed')
  async entry(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<StreamableFile> {
    const entry = await this.log.findEntry(access, id);
    if (!entry)
      throw new NotFoundException(`Cannot show the entry of the event ${id}: no event has that id. Check the id.`);
    noteRead({ access, filters: { id }, shown: 1 });
    return bytesResponse(entry, 'application/json');
  }

  /** The values that an event's leaf is computed from, beside the event itself. */
  @Get('events/:id/sealed')
  @Route('Get what the leaf of an event is computed with', SealedParts, {
    404: 'Nothing has that id, or you may not see it.',
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
   * The salt of the commitment to the personal part, to check that part. A reader who keeps it can test guesses after an erasure, so it
   * needs the right to export, which also returns these values.
   */
  @Get('events/:id/salt')
  @Route('Get the salt of the personal part of an event', EventSalt, {
    404: 'No event has that id, or its personal part is erased or hidden from you.',
  })
  @NeedsPermission('export')
  @AuditedRead('viewed')
  async salt(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<EventSalt> {
    const found = await this.ledger.salt(access, id);
    if (!found) {
      throw new NotFoundException(`Cannot show the salt of the event ${id}: it has no personal part that you may see.`);
    }
    noteRead({ access, filters: { id }, shown: 1, more: { salt: true } });
    return found;
  }

  /** A retired event leaves its place: a reader who may see everything may have its proof. */
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
      `Cannot show ${tilePath({ level: 'entries', index, width })}: the tree has not as many entries. Ask for those of the newest checkpoint.`,
    );
  }
}

function refuseUnsealed(id: string): never {
  throw new ConflictException(
    `Cannot prove the event ${id}: it is stored, but not sealed yet. Ask again in a few seconds.`,
  );
}
