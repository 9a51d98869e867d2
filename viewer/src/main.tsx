import './styles.js';
import { render } from 'preact';
import { App } from './app.js';
import { readConfig } from './config.js';
import { createHashRouter } from './router.js';
import { createSession, COOKIE_SESSION } from './session.js';
import { isSignedIn } from './sign-in.js';

const root = document.getElementById('audit-viewer');
if (root === null) throw new Error('Cannot start the viewer: the page lacks #audit-viewer.');
const config = readConfig(document);
void isSignedIn(config).then((hasCookie) => {
  const session = createSession(hasCookie ? COOKIE_SESSION : undefined, config.isPublic);
  render(<App config={config} session={session} router={createHashRouter(window)} root={document} />, root);
});
