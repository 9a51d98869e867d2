import { Inject, Injectable } from '@nestjs/common';
import { Catalogue } from '../../../audit/nest-free.js';
import { Archives } from '../../keep/archive/archives.js';
import { PrimaryReader } from '../../store/ledger-reader.service.js';
import { ArchivedEvents } from './archived/archived-events.service.js';
import { AuditQuery } from './audit-query.service.js';

/** Works like {@link AuditQuery}, but reads from the primary server, because a replica may lack the newest events. */
@Injectable()
export class PrimaryQuery extends AuditQuery {
  constructor(
    @Inject(PrimaryReader) reader: PrimaryReader,
    @Inject(Catalogue) catalogue: Catalogue,
    @Inject(Archives) archives: Archives,
  ) {
    super(reader, catalogue, new ArchivedEvents(reader, archives));
  }
}
