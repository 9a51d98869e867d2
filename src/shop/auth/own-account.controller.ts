import { Body, Controller, Delete, Get, Header, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { AuditContext, Audited, AuditedTransaction, type AuditedOptions } from '../../audit/index.js';
import { PageQuery } from '../http-input/page.dto.js';
import { RefusedError } from '../http-input/refused.error.js';
import { PersonalData } from '../personal-data/index.js';
import { CurrentUser, Public, SessionOnly } from './access.guard.js';
import { Lockout, UserStore } from './accounts.service.js';
import { ApiKeyStore } from './api-key-store.service.js';
import { ExportDto, NameDto, PasswordDto, RegistrationDto } from './auth.dto.js';
import { SecurityLogProvider } from './security-log.provider.js';
import { noteAccount, type AuthenticatedUser } from './user.entity.js';

const OWN_ACCOUNT: AuditedOptions = { resource: ({ request }) => ({ type: 'user', id: request.user?.id }) };
const EXPORT: AuditedOptions = {
  ...OWN_ACCOUNT,
  details: ({ request }) => ({ exportFormat: request.body?.format }),
};

/**
 * Makes accounts. Shows, exports and deletes the caller's account, with its security log and API keys. A request with an API key can only show
 * the account and the security log.
 */
@SessionOnly()
@Controller()
export class OwnAccountController {
  constructor(
    private readonly users: UserStore,
    private readonly keys: ApiKeyStore,
    private readonly log: SecurityLogProvider,
    private readonly personalData: PersonalData,
    private readonly lockout: Lockout,
  ) {}

  /** Makes an account */
  @Post('auth/register')
  @Public()
  @AuditedTransaction('user_registration')
  async register(@Body() { email, name, password }: RegistrationDto): Promise<{ id: string; email: string }> {
    AuditContext.annotate({ details: { email, registrationMethod: 'email' } });
    const id = await this.users.add({ email, name, password, roles: ['user'] });
    if (id === undefined) {
      const seen = 'it has an account already. Log in, or choose another address.';
      throw new RefusedError(409, 'duplicate_email', `Cannot use this e-mail address: ${seen}`);
    }
    noteAccount({ id, name });
    return { id, email };
  }

  /** Shows the account to which the access token belongs */
  @Get('auth/me')
  @SessionOnly(false)
  me(@CurrentUser() { id, email, name, roles }: AuthenticatedUser): Omit<AuthenticatedUser, 'sessionId'> {
    return { id, email, name, roles };
  }

  /** Makes an API key with the rights of its owner, except the right to change the account. Only this response shows the key. */
  @Post('auth/me/api-keys')
  @Header('cache-control', 'no-store')
  @AuditedTransaction('api_key_creation')
  async createKey(@CurrentUser() user: AuthenticatedUser, @Body() { name }: NameDto): Promise<object> {
    const { id, key } = await this.keys.create(user.id, name);
    AuditContext.annotate({ resource: { type: 'api_key', id }, details: { apiKeyId: id, apiKeyName: name } });
    return { id, name, key };
  }

  /** Lists your API keys, newest first */
  @Get('auth/me/api-keys')
  async listKeys(@CurrentUser() { id }: AuthenticatedUser): Promise<{ items: readonly object[] }> {
    return { items: await this.keys.list(id) };
  }

  /** Revokes one of your API keys */
  @Delete('auth/me/api-keys/:id')
  @HttpCode(204)
  @AuditedTransaction('api_key_revocation')
  async revokeKey(@CurrentUser() user: AuthenticatedUser, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    AuditContext.annotate({ resource: { type: 'api_key', id }, details: { apiKeyId: id } });
    const apiKeyName = await this.keys.revoke(user.id, id);
    if (apiKeyName === undefined) {
      const seen = 'the account has no API key with that id. List them to see their ids.';
      throw new RefusedError(404, 'not_found', `Cannot find the API key: ${seen}`);
    }
    AuditContext.annotate({ details: { apiKeyName } });
  }

  /** Shows the security log of your account, newest first */
  @Get('auth/me/security-log')
  @SessionOnly(false)
  async readLog(@CurrentUser() { id }: AuthenticatedUser, @Query() page: PageQuery): Promise<{ items: object[] }> {
    return { items: await this.log.newest(id, page.limit, page.before) };
  }

  /** Exports all data that the application stores about the caller, as of one moment */
  @Post('me/data-export')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Audited('gdpr_data_export', EXPORT)
  @Audited('data_export', EXPORT)
  async export(@CurrentUser() { id }: AuthenticatedUser, @Body() { format = 'json' }: ExportDto): Promise<object> {
    const dataScope = this.personalData.sections;
    AuditContext.annotate({ details: { dataScope, exportFormat: format, exportReason: 'user_request' } });
    return { userId: id, exportedAt: new Date(), sections: await this.personalData.export(id) };
  }

  /** Deletes your account and your personal data; needs your password. The last administrator cannot do this */
  @Delete('me')
  @HttpCode(204)
  @Audited('gdpr_data_deletion', OWN_ACCOUNT)
  async delete(@CurrentUser() { id, sessionId }: AuthenticatedUser, @Body() { password }: PasswordDto): Promise<void> {
    AuditContext.annotate({ details: { dataScope: this.personalData.sections } });
    await this.lockout.checkPassword(id, password);
    await this.personalData.erase(id);
    // The event is recorded after the erasure, so the event must not contain personal data.
    AuditContext.set({ actor: { type: 'user', id, sessionId }, ip: undefined, userAgent: undefined });
  }
}
