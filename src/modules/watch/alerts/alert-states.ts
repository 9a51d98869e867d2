/** The states of an alert. `suppressed`: it was raised during a suppression, so nobody was notified, and nobody has to answer it. */
export const ALERT_STATES = ['open', 'acknowledged', 'resolved', 'suppressed'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** The verdicts on an alert: an attack, a mistake of the rule, or a legitimate action that the rule looks for. */
export const VERDICTS = ['true_positive', 'false_positive', 'benign'] as const;
export type Verdict = (typeof VERDICTS)[number];
