import { Menu, type MenuHandle } from '../../design/menu.js';
import { useViewer } from '../../viewer-context.js';

const EXAMPLES = [
  ['views.logIns', 'since:-7d type:user_login_failed'],
  ['views.denied', 'since:-7d outcome:denied'],
  ['views.rights', 'since:-30d category:authorization,user_management'],
  ['views.grave', 'since:-30d severity:error,critical'],
  ['views.past', 'since:-30d type:row_changed_externally'],
  ['views.own', 'since:-30d type:audit_*'],
] as const;

export function ViewsMenu(props: {
  readonly run: (query: string) => void;
  readonly handle: { current: MenuHandle | null };
}) {
  const { run, handle } = props;
  const { t } = useViewer();
  return (
    <Menu label={t('views.title')} icon="star" class="is-end" handle={handle}>
      {(close) => (
        <div class="menu-items">
          {EXAMPLES.map(([name, text]) => (
            <button
              key={name}
              type="button"
              class="menu-item"
              title={text}
              onClick={() => {
                close();
                run(text);
              }}
            >
              {t(name)}
            </button>
          ))}
        </div>
      )}
    </Menu>
  );
}
