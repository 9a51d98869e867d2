import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiForbiddenResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { NotAudited } from '../../../audit/index.js';
import { Roles } from '../../auth/index.js';
import { AdminLogQuery } from '../dto/admin-log-query.dto.js';
import { AdminLog } from '../dto/admin-log.dto.js';
import { AdminLogReader } from './admin-log-reader.service.js';

/** What administrators did, for administrators. */
@ApiTags('administration')
@ApiBearerAuth()
@ApiForbiddenResponse({ description: 'Not an administrator' })
@Roles('admin')
@Controller('admin/audit-log')
export class AdminLogController {
  constructor(@Inject(AdminLogReader) private readonly log: AdminLogReader) {}

  @Get()
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'Show what administrators did, newest first' })
  @ApiOkResponse({ type: AdminLog })
  async read(@Query() { limit }: AdminLogQuery): Promise<Readonly<AdminLog>> {
    return { items: await this.log.newest(limit) };
  }
}
