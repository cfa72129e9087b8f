import axe from 'axe-core';
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** Where distributions put Chromium. */
const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] as const;

/** Starts a browser without a screen. Rejects with a sentence where there is none. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = PROGRAMS.find((file) => existsSync(file));
  if (executablePath === undefined) throw new Error('there is no Chromium on this machine: `node bin/setup.js chromium` installs it');
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'];
  return chromium.launch({ executablePath, args });
}

/** A page, and what the browser complained about on it: broken scripts, and what the Content-Security-Policy has stopped. */
export interface Visit {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** Opens an address in a window of its own. */
export async function visit(browser: Browser, url: string, look: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(look);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const isAbsence = message.text().startsWith('Failed to load resource'); // the daemon is away, or has no answer yet
    if (['error', 'warning'].includes(message.type()) && !isAbsence) complaints.push(message.text());
  });
  page.setDefaultTimeout(40_000);
  await page.goto(url);
  return { page, complaints };
}

/** What axe-core finds that some people can't use, a line for each place. `rules`: all when left out. */
export async function barriersOf(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const options = rules === undefined ? {} : { runOnly: rules };
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(${JSON.stringify(options)})`);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`));
}
