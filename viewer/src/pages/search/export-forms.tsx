import { useEffect, useRef, useState } from 'preact/hooks';
import { toStreamError, type ApiError } from '../../api.error.js';
import { saveFile } from '../../design/save-file.js';
import { Refusal } from '../../design/state-panel.js';
import { collectEvidence, MAX_EVIDENCE } from '../../evidence/collect-evidence.js';
import { saveEvidence } from '../../evidence/save-evidence.js';
import { createMemory } from '../../proof/memory.js';
import type { FilterPair } from '../../../../src/monitoring/read/query/search-language/to-filters.js';
import { useViewer } from '../../viewer-context.js';

const FORMATS = ['jsonl', 'csv', 'ocsf', 'cloudevents'] as const;
type Format = (typeof FORMATS)[number];

/** The export contains exactly the events that the list shows. The ledger signs the manifest. */
export function ExportForms({ filters, order }: { readonly filters: readonly FilterPair[]; readonly order: string }) {
  return (
    <div class="menu-items">
      <ExportForm filters={filters} />
      <EvidenceForm query={[...filters, ['order', order]]} />
    </div>
  );
}

function ExportForm({ filters }: { readonly filters: readonly FilterPair[] }) {
  const { api, t, formats } = useViewer();
  const [format, setFormat] = useState<Format>('jsonl');
  const [hasProofs, setProofs] = useState(true);
  const [progress, setProgress] = useState<{ readonly bytes: number; readonly isDone: boolean }>();
  const [problem, setProblem] = useState<ApiError>();

  const run = async () => {
    setProblem(undefined);
    setProgress({ bytes: 0, isDone: false });
    try {
      const params = [...filters, ['format', format], ...(hasProofs && format === 'jsonl' ? [['proofs', 'true']] : [])];
      const response = await api.fetch(`/export?${new URLSearchParams(params as [string, string][]).toString()}`);
      const name =
        parseFileName(response.headers.get('content-disposition')) ?? `audit.${format === 'csv' ? 'csv' : 'jsonl'}`;
      const content = await read(response, (bytes) => setProgress({ bytes, isDone: false }));
      saveFile(name, content);
      const id = response.headers.get('audit-export-id');
      if (id !== null) {
        const manifest = await api.fetch(`/exports/${encodeURIComponent(id)}/manifest`);
        saveFile(`${name}.manifest`, await manifest.blob());
      }
      setProgress({ bytes: content.size, isDone: true });
    } catch (failure) {
      setProgress(undefined);
      setProblem(toStreamError(failure));
    }
  };

  return (
    <form
      class="menu-form"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <p class="menu-note">{t('export.says')}</p>
      <label class="field">
        {t('export.format')}
        <select
          class="input"
          value={format}
          onChange={({ currentTarget }) => setFormat(FORMATS.find((each) => each === currentTarget.value) ?? 'jsonl')}
        >
          {FORMATS.map((each) => (
            <option key={each} value={each}>
              {t(`export.${each}`)}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={hasProofs && format === 'jsonl'}
          disabled={format !== 'jsonl'}
          onChange={({ currentTarget }) => setProofs(currentTarget.checked)}
        />
        {t('export.proofs')}
      </label>
      <button type="submit" class="button is-primary is-small" disabled={progress?.isDone === false}>
        {t('export.run')}
      </button>
      <p class="menu-note" role="status">
        {progress !== undefined &&
          t(progress.isDone ? 'export.done' : 'export.running', { size: formats.bytes(progress.bytes) })}
      </p>
      <Refusal error={problem} />
    </form>
  );
}

function EvidenceForm({ query }: { readonly query: readonly FilterPair[] }) {
  const { api, config, t } = useViewer();
  const [done, setDone] = useState<number>();
  const [saved, setSaved] = useState<number>();
  const [problem, setProblem] = useState<ApiError>();
  const controller = useRef(new AbortController());
  useEffect(() => () => controller.current.abort(), []);
  const run = async () => {
    setProblem(undefined);
    setSaved(undefined);
    setDone(0);
    try {
      const events = await collectEvidence(query, { api, signal: controller.current.signal, progress: setDone });
      const ledger = new URL(config.api, globalThis.location.href).href;
      if (events.length > 0) await saveEvidence(events, { ledger, keys: await createMemory(ledger).keys() });
      setSaved(events.length);
    } catch (failure) {
      setProblem(toStreamError(failure));
    }
    setDone(undefined);
  };
  return (
    <form
      class="menu-form"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <p class="menu-note">{t('evidence.says', { count: MAX_EVIDENCE })}</p>
      <button type="submit" class="button is-small" disabled={done !== undefined}>
        {t('evidence.run')}
      </button>
      <p class="menu-note" role="status">
        {done !== undefined && t('evidence.running', { count: done })}
        {saved !== undefined && t('evidence.done', { count: saved })}
      </p>
      <Refusal error={problem} />
    </form>
  );
}

/** A broken connection must throw, so that an incomplete export is never saved. */
async function read(response: Response, progress: (bytes: number) => void): Promise<Blob> {
  const reader = response.body?.getReader();
  if (reader === undefined) return response.blob();
  const pieces: BlobPart[] = [];
  let bytes = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    pieces.push(next.value);
    bytes += next.value.length;
    progress(bytes);
  }
  return new Blob(pieces, { type: response.headers.get('content-type') ?? '' });
}

function parseFileName(disposition: string | null): string | undefined {
  return /filename="?([\w.-]+)"?/.exec(disposition ?? '')?.[1];
}
