import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { NotAudited } from '../../audit/index.js';
import { PageQuery } from '../../http-input/page.dto.js';
import { Roles } from '../auth/index.js';
import { AdminAuditLogProvider } from './admin-audit-log.provider.js';
import { AdminLog } from './tenancy.dto.js';

/** What administrators did, for administrators. */
@ApiTags('administration')
@Roles('admin')
@Controller('admin/audit-log')
export class AdminLogController {
  constructor(private readonly log: AdminAuditLogProvider) {}

  /** Shows what administrators did, newest first */
  @Get()
  @NotAudited('changes nothing')
  async read(@Query() { limit, before }: PageQuery): Promise<AdminLog> {
    return { items: await this.log.newest(limit, before) };
  }
}
