import Bowser from 'bowser';

/** For example: "Safari 26 on macOS". Returns `undefined` for other programs. */
export function describeClient(userAgent: string): string | undefined {
  if (userAgent === '') return undefined;
  const { browser, os } = Bowser.parse(userAgent);
  const [version = ''] = (browser.version ?? '').split('.');
  // Browsers report frozen versions of macOS and Windows, so the version of the system is left out.
  return browser.name && version && os.name ? `${browser.name} ${version} on ${os.name}` : undefined;
}
