import { useEffect, useRef, useState } from 'preact/hooks';
import { signIn } from './sign-in.js';
import { useViewer } from './viewer-context.js';

/** The page below the dialog keeps its query. */
export function SignInDialog({ isAgain }: { readonly isAgain: boolean }) {
  const { config, session, t } = useViewer();
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<'signIn.refused' | 'signIn.failed'>();
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (form: HTMLFormElement) => {
    const value = (name: string) => getFormText(form, name).trim();
    if (config.login === '') {
      session.renew(value('token'));
      return;
    }
    setBusy(true);
    const password = getFormText(form, 'password'); // spaces at the beginning and end of a password count
    try {
      const token = await signIn(config, { email: value('email'), password });
      if (token === undefined) setProblem('signIn.refused');
      else session.renew(token);
    } catch {
      setProblem('signIn.failed');
    }
    setBusy(false);
  };

  return (
    <dialog ref={dialog} class="sign-in" aria-labelledby="sign-in-title" onCancel={(event) => event.preventDefault()}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <h1 id="sign-in-title">{t(isAgain ? 'signIn.again' : 'signIn.title')}</h1>
        {isAgain && <p>{t('signIn.againText')}</p>}
        {config.login === '' ? (
          <label class="field">
            {t('signIn.token')}
            <input class="input" name="token" type="password" autocomplete="off" required autofocus />
            <small>{t('signIn.tokenHint')}</small>
          </label>
        ) : (
          <>
            <label class="field">
              {t('signIn.email')}
              <input class="input" name="email" type="email" autocomplete="username" required autofocus />
            </label>
            <label class="field">
              {t('signIn.password')}
              <input class="input" name="password" type="password" autocomplete="current-password" required />
            </label>
          </>
        )}
        {problem !== undefined && (
          <p class="form-error" role="alert">
            {t(problem)}
          </p>
        )}
        <button type="submit" class="button is-primary" disabled={isBusy}>
          {t('signIn.submit')}
        </button>
      </form>
    </dialog>
  );
}

function getFormText(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value : '';
}
