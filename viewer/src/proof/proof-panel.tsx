import { useEffect, useId, useMemo, useState } from 'preact/hooks';
import { Icon, type IconName } from '../design/icon.js';
import { Loaded, Panel } from '../design/panel.js';
import { PlainText } from '../design/plain-text.js';
import type { ViewedEvent } from '../events/viewed-event.js';
import { saveEvidence } from '../evidence/save-evidence.js';
import { useRequest } from '../use-request.js';
import { useViewer } from '../viewer-context.js';
import { isUnchanged, combineStates, type Check, type CheckState } from './check-event.js';
import { getMessageKey } from './check-texts.js';
import { gatherProof, type GatheredProof } from './gather.js';
import { createMemory, type Memory } from './memory.js';
import { parseVerifierKey, type VerifierKey } from './notes.js';
import type { EventProof } from './sealed-entry.js';
import './proof-panel.css';

const ICONS: Readonly<Record<CheckState, IconName>> = { proven: 'check', open: 'minus', wrong: 'warning' };

interface ProofProps {
  readonly event: ViewedEvent;
  /** The proof that came with the event. */
  readonly given: EventProof | undefined;
}

export function ProofPanel({ event, given: input }: ProofProps) {
  const { t } = useViewer();
  if (event.index === undefined) return <Panel title={t('proof.title')}>{t('proof.unsealed')}</Panel>;
  // The browser offers no WebCrypto if the page was loaded over HTTP.
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) return <Panel title={t('proof.title')}>{t('proof.insecure')}</Panel>;
  return <CheckedProof event={event} given={input} />;
}

function CheckedProof({ event, given: input }: ProofProps) {
  const { api, config, t } = useViewer();
  const ledger = new URL(config.api, globalThis.location.href).href;
  const memory = useMemo(() => createMemory(ledger), [ledger]);
  const [round, setRound] = useState(0);
  const request = useRequest(`${event.id} ${round}`, (signal) =>
    gatherProof(event, { api, memory, signal, given: round === 0 ? input : undefined }),
  );
  return (
    <Panel title={t('proof.title')} note={request.response && <Verdict checks={request.response.checks} />}>
      <Loaded request={request} lines={5}>
        {(gathered) => (
          <>
            <ul class="proof-checks">
              {gathered.checks.map((check) => (
                <CheckLine key={check.name} check={check} />
              ))}
            </ul>
            <PinnedKeys memory={memory} shownKeys={gathered.shownKeys} onChange={request.reload} />
            <EvidenceTools gathered={gathered} memory={memory} ledger={ledger} onAgain={() => setRound(round + 1)} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Verdict({ checks }: { readonly checks: readonly Check[] }) {
  const { t } = useViewer();
  const verdict = combineStates(checks);
  const origin = checks.find(({ name }) => name === 'signature')?.values.origin ?? '';
  const isOnlySigned = verdict === 'open' && isUnchanged(checks);
  return (
    <span class={`badge is-proof-${isOnlySigned ? 'unchanged' : verdict}`}>
      {isOnlySigned ? <PlainText text={t('proof.verdict.unchanged', { origin })} /> : t(`proof.verdict.${verdict}`)}
    </span>
  );
}

function CheckLine({ check }: { readonly check: Check }) {
  const { t } = useViewer();
  const { name, state, values } = check;
  return (
    <li class={`proof-check is-${state}`} data-check={name} data-state={state}>
      <Icon name={ICONS[state]} />
      <div>
        <strong>{t(`proof.${name}`)}</strong> <span class="visually-hidden">{t(`proof.state.${state}`)}: </span>
        <PlainText text={t(getMessageKey(check), values)} />
      </div>
    </li>
  );
}

function PinnedKeys(props: {
  readonly memory: Memory;
  readonly shownKeys: readonly VerifierKey[];
  readonly onChange: () => void;
}) {
  const { memory, shownKeys, onChange } = props;
  const { t } = useViewer();
  const [keys, setKeys] = useState<readonly VerifierKey[]>([]);
  const [isRefused, setRefused] = useState(false);
  const problem = useId();
  const load = () => void memory.keys().then(setKeys);
  useEffect(load, [memory]);
  const change = () => {
    load();
    onChange();
  };
  const pin = async (form: HTMLFormElement) => {
    const text = new FormData(form).get('key');
    const key = await parseVerifierKey(typeof text === 'string' ? text : '');
    setRefused(key === undefined);
    if (key === undefined) return;
    memory.pin(key);
    form.reset();
    change();
  };
  return (
    <details class="proof-keys">
      <summary>{keys.length === 0 ? t('proof.signer') : t('proof.keys', { count: keys.length })}</summary>
      <p class="quiet">{t('proof.keysText')}</p>
      {keys.length === 0 && shownKeys.length > 0 && (
        <>
          <p class="quiet">{t('proof.shownKeys')}</p>
          {shownKeys.map(({ text }) => (
            <p class="proof-key" key={text}>
              <code>
                <PlainText text={text} />
              </code>
            </p>
          ))}
          <p>
            <code>npx nestjs-audit-ledger keygen --show signing.key</code>
          </p>
        </>
      )}
      {keys.map((key) => (
        <p class="proof-key" key={key.text}>
          <code>{key.text}</code>
          <button
            type="button"
            class="button is-small"
            onClick={() => {
              memory.unpin(key);
              change();
            }}
          >
            {t('proof.unpin')}
          </button>
        </p>
      ))}
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          void pin(submitted.currentTarget);
        }}
      >
        <label class="field">
          {t('proof.key')}
          <input
            class="input"
            name="key"
            required
            autocomplete="off"
            spellcheck={false}
            aria-describedby={isRefused ? problem : undefined}
          />
        </label>
        <button type="submit" class="button is-small">
          {t('proof.pin')}
        </button>
        {isRefused && (
          <p class="form-error" role="alert" id={problem}>
            {t('proof.notAKey')}
          </p>
        )}
      </form>
    </details>
  );
}

function EvidenceTools(props: {
  readonly gathered: GatheredProof;
  readonly memory: Memory;
  readonly ledger: string;
  readonly onAgain: () => void;
}) {
  const { gathered, memory, ledger, onAgain } = props;
  const { t } = useViewer();
  const [problem, setProblem] = useState<string>();
  const save = async () => {
    try {
      setProblem(undefined);
      await saveEvidence([gathered.proven], { ledger, keys: await memory.keys() });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div class="proof-tools">
      <button type="button" class="button is-small" onClick={() => void save()}>
        <Icon name="download" />
        {t('proof.save')}
      </button>
      <button type="button" class="button is-small is-quiet" onClick={onAgain}>
        {t('proof.again')}
      </button>
      {problem !== undefined && (
        <p class="form-error" role="alert">
          {t('proof.saveFailed', { problem })}
        </p>
      )}
    </div>
  );
}
