import type { GroupStates, RaisedAlert } from '../correlate/correlator.js';
import { EMPTY_GROUP, raiseWithheld, withhold } from '../correlate/group-state.js';
import { suppressing, type ActiveSuppression } from './suppression.js';

/** An alert to record: raised, or withheld by a suppression. */
export interface DecidedAlert {
  readonly alert: RaisedAlert;
  readonly suppressionId?: string;
}

/**
 * Decides which alerts the active suppressions withhold, and notes this in the states of their groups: a withheld alert is recorded once,
 * and raised by the first match after the suppression.
 */
export function decideAlerts(
  alerts: readonly RaisedAlert[],
  suppressions: readonly ActiveSuppression[],
  groups: GroupStates,
): readonly DecidedAlert[] {
  return alerts.flatMap((alert): readonly DecidedAlert[] => {
    const { group, match, isContinued } = alert;
    const state = groups.get(group) ?? EMPTY_GROUP;
    const suppressionId = suppressing(alert, suppressions)?.id;
    if (suppressionId !== undefined) {
      if (isContinued) return [];
      groups.set(group, withhold(state));
      return [{ alert, suppressionId }];
    }
    if (!isContinued) return [{ alert }];
    const raised = raiseWithheld(state, match.at);
    if (!raised) return [];
    groups.set(group, raised);
    return [{ alert }];
  });
}
