import { useState } from 'preact/hooks';
import { parseQuery } from '../../../../src/modules/monitoring/query/typed/parse-query.js';
import { withTimes } from '../../../../src/modules/monitoring/query/typed/query-text.js';
import type { Route } from '../../router.js';
import { useViewer } from '../../viewer-context.js';
import { SampleResult } from './sample-result.js';
import '../../design/panel.css';
import './review-page.css';

const DAY_MS = 86_400_000;
const SIZES = ['10', '25', '50', '100', '200'];

/** Another auditor can draw the same sample again. */
export function ReviewPage({ route }: { readonly route: Route }) {
  const { t } = useViewer();
  const { params } = route;
  const isDrawn = params.has('seed');
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t('review.title')}</h1>
        <p>{t('review.intro')}</p>
      </header>
      <SampleForm key={params.toString()} params={params} />
      {isDrawn && <SampleResult params={params} />}
    </div>
  );
}

function SampleForm({ params }: { readonly params: URLSearchParams }) {
  const { t, router } = useViewer();
  const [form, setForm] = useState(() => ({
    from: dayOf(params.get('from')) ?? dayBefore(7),
    to: dayOf(params.get('to')) ?? dayBefore(0),
    seed: params.get('seed') ?? freshSeed(),
    size: params.get('size') ?? '25',
    q: withTimes(params.get('q') ?? '', undefined, undefined),
  }));
  const { problems } = parseQuery(form.q);
  const field = (name: keyof typeof form) => ({
    value: form[name],
    onInput: ({ currentTarget }: { readonly currentTarget: HTMLInputElement | HTMLSelectElement }) =>
      setForm({ ...form, [name]: currentTarget.value }),
  });
  return (
    <form
      class="card sample-form"
      onSubmit={(event) => {
        event.preventDefault();
        router.go({ page: 'review', params: { ...form } });
      }}
    >
      <label class="field">
        {t('review.from')}
        <input class="input" type="date" required max={form.to} {...field('from')} />
      </label>
      <label class="field">
        {t('review.to')}
        <input class="input" type="date" required min={form.from} {...field('to')} />
      </label>
      <label class="field">
        {t('review.size')}
        <select class="input" {...field('size')}>
          {SIZES.map((size) => (
            <option key={size}>{size}</option>
          ))}
        </select>
      </label>
      <label class="field is-wide">
        {t('review.query')}
        <input
          class="input fact-code"
          spellcheck={false}
          autocomplete="off"
          placeholder="type:order_* -outcome:success"
          aria-invalid={problems.length > 0}
          {...field('q')}
        />
        <small>{t('review.queryHint')}</small>
      </label>
      <label class="field is-wide">
        {t('review.seed')}
        <input
          class="input fact-code"
          required
          maxLength={128}
          spellcheck={false}
          autocomplete="off"
          {...field('seed')}
        />
        <small>{t('review.seedHint')}</small>
      </label>
      <button type="submit" class="button is-primary" disabled={problems.length > 0}>
        {t('review.draw')}
      </button>
    </form>
  );
}

function dayOf(time: string | null): string | undefined {
  return time === null ? undefined : time.slice(0, 10);
}

/** The log counts days in UTC. */
function dayBefore(days: number): string {
  return new Date(Date.now() + DAY_MS - days * DAY_MS).toISOString().slice(0, 10);
}

function freshSeed(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
