import { ConflictException, Inject, Injectable } from '@nestjs/common';
import { formatProof } from '../../proof/log/notes/tlog-proof.js';
import { proveInclusion } from '../../proof/log/tiles/prove-inclusion.js';
import { LogReader } from '../../store/log-reading/log-reader.service.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import type { EventProof } from './ledger-event.dto.js';
import { PrimaryQuery } from './primary-query.service.js';

/** Proves that the log includes an event. */
@Injectable()
export class EventProofs {
  constructor(
    @Inject(LogReader) private readonly log: LogReader,
    @Inject(PrimaryQuery) private readonly ledger: PrimaryQuery,
  ) {}

  /**
   * Returns the proof of an event; `undefined` if `access` does not allow the event. Only readers with access to all events get the proof of
   * a retired event.
   *
   * @param saltAccess the access that must allow the personal part, so that the proof contains its salt. A reader who stores the salt can
   *   test guesses of the personal part, even after an erasure
   * @throws ConflictException while the event is not sealed
   */
  async find(access: LedgerAccess, id: string, saltAccess?: LedgerAccess): Promise<EventProof | undefined> {
    const sealed = await this.ledger.sealedParts(access, id);
    const index = sealed || access.scope === 'all' ? await this.log.findIndex(id) : undefined;
    const checkpoint = index === undefined ? undefined : await this.log.servedCheckpoint(index + 1);
    if (index === undefined || !checkpoint || checkpoint.size <= index) {
      if (!sealed && index === undefined) return undefined;
      throw new ConflictException(
        `Cannot prove the event ${id}: it is stored, but not sealed yet. Try again in a few seconds.`,
      );
    }
    const hashes = await proveInclusion(index, checkpoint.size, this.log.readTile);
    const proof = formatProof({ index, hashes, checkpoint: checkpoint.note });
    const salt = sealed && saltAccess && (await this.ledger.salt(saltAccess, id));
    return {
      ...{ id, index, proof },
      ...(sealed && { sealed: { ...sealed, ...(salt !== undefined && { salt }) } }),
    };
  }
}
