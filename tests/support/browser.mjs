// A real Chromium for tests, which sees nothing but this machine.
import { chromium } from 'playwright-core';
import { findChromium, sayNoChromium } from '../../scripts/lib/chromium.mjs';

let path;

/** Where Chromium is; null if there is none, which is said aloud once: what is not run must not pass for tested. */
export function chromiumPath() {
  if (path === undefined) {
    path = findChromium();
    // An empty variable: `npm test` has said so.
    if (path === null && process.env.CHROMIUM_PATH !== '') sayNoChromium();
  }
  return path;
}

/** For a test's `skip`: false, or why. */
export const withoutChromium = () => chromiumPath() === null && 'no Chromium (set CHROMIUM_PATH)';

/** A browser; close it. Pages of it reach loopback addresses only, so that no test depends on the internet. */
export function launchBrowser() {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  });
}
