import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { AdminLogItem } from '../dto/admin-log.dto.js';
import { AdminLogEntryEntity } from './admin-log-entry.entity.js';

/** Reads what {@link AdminAuditLogProvider} keeps. */
@Injectable()
export class AdminLogReader {
  constructor(@InjectRepository(AdminLogEntryEntity) private readonly entries: Repository<AdminLogEntryEntity>) {}

  /** The newest `limit` entries, newest first. */
  async newest(limit: number): Promise<Readonly<AdminLogItem>[]> {
    const entries = await this.entries.find({ order: { id: 'DESC' }, take: limit });
    return entries.map(({ occurredAt, ...entry }) => ({ ...entry, occurredAt: occurredAt.toISOString() }));
  }
}
