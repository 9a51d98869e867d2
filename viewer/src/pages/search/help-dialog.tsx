import { Dialog } from '../../design/dialog.js';
import { QUALIFIERS } from '../../../../src/monitoring/read/query/search-language/qualifiers.js';
import { useViewer } from '../../viewer-context.js';

const KEYS = [
  ['/', 'help.query'],
  ['j', 'help.next'],
  ['k', 'help.previous'],
  ['Enter', 'help.open'],
  ['l', 'help.live'],
  ['t', 'help.top'],
  ['v', 'help.views'],
  ['?', 'help.help'],
] as const;

const EXAMPLES = [
  ['actor:u-1', 'help.exact'],
  ['type:order_*', 'help.begins'],
  ['outcome:denied,failure', 'help.anyOf'],
  ['-ip:10.0.0.0/8', 'help.not'],
  ['details.amount:>1000', 'help.greater'],
  ['details.amount:10..20', 'help.between'],
  ['actor:*', 'help.exists'],
  ['resource:order/17', 'help.record'],
  ['since:7d until:1d', 'help.times'],
  ['on:yesterday', 'help.times'],
  ['card declined', 'help.words'],
  ['agent:"curl/8 *"', 'help.quotes'],
] as const;

export function HelpDialog({ close }: { readonly close: () => void }) {
  const { t } = useViewer();
  return (
    <Dialog title={t('help.title')} close={close}>
      <div class="help">
        <section>
          <h3>{t('help.keys')}</h3>
          <dl>
            {KEYS.map(([key, message]) => (
              <div key={key}>
                <dt>
                  <kbd class="key">{key}</kbd>
                </dt>
                <dd>{t(message)}</dd>
              </div>
            ))}
          </dl>
        </section>
        <section>
          <h3>{t('help.syntax')}</h3>
          <dl>
            {EXAMPLES.map(([example, message]) => (
              <div key={example}>
                <dt>
                  <code>{example}</code>
                </dt>
                <dd>{t(message)}</dd>
              </div>
            ))}
          </dl>
        </section>
        <section class="help-names">
          <h3>{t('help.names')}</h3>
          <dl>
            {QUALIFIERS.map(({ name, description }) => (
              <div key={name}>
                <dt>
                  <code>{name}</code>
                </dt>
                <dd>{description}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
