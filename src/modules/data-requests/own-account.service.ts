import { Inject, Injectable } from '@nestjs/common';
import { AuditContext } from '../../audit/index.js';
import type { AuthenticatedUser } from '../auth/index.js';
import { ErasureRefusedError, PersonalData } from '../personal-data/index.js';
import type { ExportFormat, ExportView } from './data-requests.dto.js';

/** What people may ask for their own account. */
@Injectable()
export class OwnAccount {
  constructor(@Inject(PersonalData) private readonly personalData: PersonalData) {}

  /** All that the application keeps about the user, as of one moment. */
  async export({ id }: AuthenticatedUser, exportFormat: ExportFormat = 'json'): Promise<Readonly<ExportView>> {
    const dataScope = this.personalData.sections;
    AuditContext.annotate({ details: { dataScope, exportFormat, exportReason: 'user_request' } });
    return { userId: id, exportedAt: new Date().toISOString(), sections: await this.personalData.export(id) };
  }

  /**
   * Makes the application forget the user, whose sessions end. Committed when it resolves. The event has the user's id,
   * and neither a name nor an address any more.
   *
   * @throws ErasureRefusedError (HTTP 409) when the user cannot go yet; its reason is the event's
   */
  async delete({ id, sessionId }: AuthenticatedUser): Promise<void> {
    AuditContext.annotate({ details: { dataScope: this.personalData.sections } });
    try {
      await this.personalData.erase(id);
    } catch (error) {
      if (error instanceof ErasureRefusedError) AuditContext.annotate({ reason: error.reason });
      throw error;
    }
    // Its event comes after what was erased: it says nothing that would have to be.
    AuditContext.set({ actor: { type: 'user', id, sessionId }, ip: undefined, userAgent: undefined });
  }
}
