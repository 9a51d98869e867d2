import type { Alert } from '../alerts/alert.js';
import type { Reply } from '../../threads/thread.js';

export interface DailyReview {
  readonly day: string;
  readonly timeZone: string;
  readonly firstPlace: number;
  readonly checkpointSize: number;
  readonly rules: readonly string[];
  readonly watchedTo?: number;
  readonly eventId: string;
  readonly openedAt: string;
  readonly state: 'open' | 'overdue' | 'signed_off';
  readonly answers: readonly Reply[];
}

export interface ReviewSection {
  readonly name: string;
  readonly total: number;
  readonly rowTotal: number;
  readonly rows: readonly {
    readonly label: string;
    readonly actor: { readonly type: string; readonly id?: string; readonly name?: string; readonly erased?: true };
    readonly count: number;
    readonly eventId: string;
  }[];
}

export interface ReviewPage extends DailyReview {
  readonly events: number;
  readonly sections: readonly ReviewSection[];
  readonly alerts: readonly Pick<Alert, 'id' | 'state' | 'title' | 'level'>[];
}
