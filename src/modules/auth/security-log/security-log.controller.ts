import { Controller, Get, Query } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { AuthenticatedUser } from '../access/authenticated-user.js';
import { CurrentUser } from '../access/current-user.decorator.js';
import { SecurityLogEntry } from './security-log.entity.js';
import { SecurityLogQuery, SecurityLogView, type SecurityLogItemView } from './security-log.dto.js';

/** Shows everybody what happened to his own account. */
@ApiTags('auth')
@ApiBearerAuth()
@Controller('auth/me/security-log')
export class SecurityLogController {
  constructor(@InjectRepository(SecurityLogEntry) private readonly log: Repository<SecurityLogEntry>) {}

  @Get()
  @ApiOperation({ summary: 'What happened to the account of the access token, newest first' })
  @ApiOkResponse({ type: SecurityLogView })
  @ApiBadRequestResponse({ description: 'The limit is not a whole number from 1 to 200.' })
  @ApiUnauthorizedResponse({ description: 'There is no valid access token.' })
  async list(
    @CurrentUser() { id: userId }: AuthenticatedUser,
    @Query() { limit }: SecurityLogQuery,
  ): Promise<Readonly<SecurityLogView>> {
    const entries = await this.log.find({ where: { userId }, order: { id: 'DESC' }, take: limit });
    return { items: entries.map(viewOf) };
  }
}

function viewOf({
  id,
  occurredAt,
  type,
  outcome,
  reason,
  ip,
  userAgent,
}: SecurityLogEntry): Readonly<SecurityLogItemView> {
  return { id, occurredAt: occurredAt.toISOString(), type, outcome, reason, ip, userAgent };
}
