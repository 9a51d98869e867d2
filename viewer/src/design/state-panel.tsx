import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api.error.js';
import type { MessageKey } from '../texts/index.js';
import { useViewer } from '../viewer-context.js';
import { Icon, type IconName } from './icon.js';

export function StatePanel(props: {
  readonly icon: IconName;
  readonly title: string;
  readonly tone?: 'quiet' | 'warning' | 'danger';
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
}) {
  const { icon, title, tone = 'quiet', children, action } = props;
  return (
    <div class={`state-panel is-${tone}`} role={tone === 'quiet' ? 'status' : 'alert'}>
      <Icon name={icon} />
      <h2>{title}</h2>
      {children !== undefined && <div class="state-text">{children}</div>}
      {action}
    </div>
  );
}

const STATE_APPEARANCE: Readonly<Record<ApiError['kind'], { icon: IconName; title: MessageKey; text?: MessageKey }>> = {
  unauthorised: { icon: 'lock', title: 'state.unauthorised' },
  forbidden: { icon: 'lock', title: 'state.forbidden', text: 'state.forbiddenText' },
  missing: { icon: 'search', title: 'state.missing', text: 'state.missingText' },
  invalid: { icon: 'warning', title: 'state.invalid', text: 'state.invalidText' },
  conflict: { icon: 'clock', title: 'state.conflict', text: 'state.conflictText' },
  slow: { icon: 'clock', title: 'state.slow', text: 'state.slowText' },
  busy: { icon: 'clock', title: 'state.busy', text: 'state.busyText' },
  unavailable: { icon: 'database', title: 'state.unavailable', text: 'state.unavailableText' },
  offline: { icon: 'offline', title: 'state.offline', text: 'state.offlineText' },
  unexpected: { icon: 'warning', title: 'state.unexpected', text: 'state.unexpectedText' },
};

/** The kinds of errors for which the page shows the messages that the application sent. */
const WITH_MESSAGE: ReadonlySet<string> = new Set(['unauthorised', 'invalid', 'conflict', 'unexpected']);

export function ErrorPanel({ error, retry }: { readonly error: ApiError; readonly retry?: () => void }) {
  const { t } = useViewer();
  const { icon, title, text } = STATE_APPEARANCE[error.kind];
  return (
    <StatePanel
      icon={icon}
      title={t(title)}
      tone={error.kind === 'unauthorised' || error.kind === 'missing' ? 'quiet' : 'warning'}
      action={
        retry !== undefined && (
          <button type="button" class="button" onClick={retry}>
            {t('state.retry')}
          </button>
        )
      }
    >
      {text !== undefined && <p>{t(text)}</p>}
      {WITH_MESSAGE.has(error.kind) &&
        error.problems.map((line) => (
          <p key={line} lang="en">
            {line}
          </p>
        ))}
      {error.code !== '' && <code class="state-code">{error.code}</code>}
    </StatePanel>
  );
}

export function Refusal({ error }: { readonly error: ApiError | undefined }) {
  const { t } = useViewer();
  if (error === undefined) return null;
  const { kind, problems } = error;
  return (
    <p class="form-error" role="alert">
      {problems.join(' ') || t(`state.${kind}`)}
    </p>
  );
}
