import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditContext } from '../../audit/index.js';
import type { MaintenanceView } from './administration.dto.js';
import { lockRowsOf, MaintenanceEntity } from './administration.entities.js';

/** How old what is known may be, since every request asks. */
const MAX_AGE_MS = 1_000;
const OFF: MaintenanceView = { enabled: false, message: null };

/** Whether the application is under maintenance. All its instances agree within a second. */
@Injectable()
export class MaintenanceMode {
  private known: { readonly state: Promise<MaintenanceView>; readonly askedAtMs: number } | undefined;

  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** As of at most a second ago, and at once for what this instance changed. Rejects when the database does not answer. */
  current(): Promise<MaintenanceView> {
    const nowMs = performance.now();
    if (!this.known || nowMs - this.known.askedAtMs > MAX_AGE_MS) {
      const state = this.read();
      const asked = { state, askedAtMs: nowMs };
      this.known = asked;
      state.catch(() => {
        if (this.known === asked) this.known = undefined; // the next request asks again
      });
    }
    return this.known.state;
  }

  /** Switches it. Committed when it resolves; the event gets the state before and after. */
  async switch(enabled: boolean, message: string | null): Promise<MaintenanceView> {
    const after = { enabled, message };
    const before = await AuditContext.inTransaction(this.database, async (manager) => {
      await lockRowsOf(manager, 'admin_maintenance');
      const replaced = await manager.findOneBy(MaintenanceEntity, { single: true });
      await manager.upsert(MaintenanceEntity, { single: true, ...after, updatedAt: new Date() }, ['single']);
      return viewOf(replaced);
    });
    this.known = { state: Promise.resolve(after), askedAtMs: performance.now() };
    AuditContext.annotate({ changes: { before, after } });
    return after;
  }

  private async read(): Promise<MaintenanceView> {
    return viewOf(await AuditContext.managerOf(this.database).findOneBy(MaintenanceEntity, { single: true }));
  }
}

function viewOf(row: MaintenanceEntity | null): MaintenanceView {
  return row ? { enabled: row.enabled, message: row.message } : OFF;
}
