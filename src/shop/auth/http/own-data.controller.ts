import { Body, Controller, Delete, Header, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuditContext, Audited, type AuditedOptions } from '../../../audit/index.js';
import { PersonalData } from '../../personal-data/index.js';
import { RateLimited, SessionOnly } from '../access/access.decorators.js';
import { CurrentUser, type AuthenticatedUser } from '../access/authenticated-user.js';
import { Lockout } from '../sessions/lockout.service.js';
import { ExportDto, ExportView, PasswordDto } from './auth.dto.js';

const OWN_ACCOUNT: AuditedOptions = { resource: ({ request }) => ({ type: 'user', id: request.user?.id }) };
const EXPORT: AuditedOptions = {
  ...OWN_ACCOUNT,
  details: ({ request }) => ({ exportFormat: request.body?.format }),
};

/** Lets people export and delete their own account and data. */
@ApiTags('privacy')
@SessionOnly()
@Controller('me')
export class OwnDataController {
  constructor(
    private readonly personalData: PersonalData,
    private readonly lockout: Lockout,
  ) {}

  /** Exports all data that the application stores about the caller, as of one moment */
  @Post('data-export')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Audited('gdpr_data_export', EXPORT)
  @Audited('data_export', EXPORT)
  async export(@CurrentUser() { id }: AuthenticatedUser, @Body() { format = 'json' }: ExportDto): Promise<ExportView> {
    const dataScope = this.personalData.sections;
    AuditContext.annotate({ details: { dataScope, exportFormat: format, exportReason: 'user_request' } });
    return { userId: id, exportedAt: new Date(), sections: await this.personalData.export(id) };
  }

  /** Deletes your account and your personal data; needs your password. The last administrator cannot do this */
  @Delete()
  @HttpCode(204)
  @RateLimited()
  @Audited('gdpr_data_deletion', OWN_ACCOUNT)
  async delete(@CurrentUser() { id, sessionId }: AuthenticatedUser, @Body() { password }: PasswordDto): Promise<void> {
    AuditContext.annotate({ details: { dataScope: this.personalData.sections } });
    await this.lockout.checkPassword(id, password);
    await this.personalData.erase(id);
    // The event is recorded after the erasure, so the event must not contain personal data.
    AuditContext.set({ actor: { type: 'user', id, sessionId }, ip: undefined, userAgent: undefined });
  }
}
