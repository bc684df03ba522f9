// Looks at the emulator's page with Chromium, as a developer would. Reads what to do from standard input, one JSON
// object a line: the first says where, each later one names a step. Prints what it saw, one JSON line a step.
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const commands = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await commands.next()).value ?? '{"step":"end"}');
const tell = (seen) => process.stdout.write(`${JSON.stringify(seen)}\n`);

const { origin, executablePath } = await next();
// Root, as in containers, has no sandbox of its own.
const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
const browser = await chromium.launch({ executablePath, args });
const complaints = [];
const foreign = [];
try {
  const context = await browser.newContext({
    // The emulator's certificate is its own anchor, which a browser must be told to trust.
    ignoreHTTPSErrors: true,
    viewport: { width: 1440, height: 1000 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) foreign.push(request.url());
  });
  const rows = (id) =>
    page
      .locator(`#${id} tbody tr`)
      .evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));

  const steps = {
    async open() {
      await page.goto(`${origin}/`);
      await page
        .getByRole('status')
        .getByText('Live')
        .or(page.locator('#live.on'))
        .first()
        .waitFor();
      await page.locator('#apps tbody tr').first().waitFor();
      const apps = await rows('apps');
      return { title: await page.title(), apps, keys: await rows('keys') };
    },
    async 'sign-in'({ text }) {
      await page.locator('#sign-ins tbody tr', { hasText: text }).first().waitFor();
      return { rows: await rows('sign-ins'), last: await page.locator('#last').textContent() };
    },
    async filter({ label, on, count }) {
      await page.getByLabel(label).setChecked(on);
      await page.waitForFunction(
        (wanted) => document.querySelectorAll('#sign-ins tbody tr').length === wanted,
        count,
      );
      return { rows: await rows('sign-ins') };
    },
    // By keyboard alone, as somebody without a mouse would.
    async decode({ token }) {
      await page.getByLabel('Access token', { exact: true }).focus();
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.insertText(token);
      await page.locator('#verdict').evaluate((verdict) => {
        verdict.textContent = '';
      });
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.locator('#verdict', { hasText: /./ }).waitFor();
      return {
        verdict: await page.locator('#verdict').textContent(),
        marks: await rows('marks'),
        claims: JSON.parse(await page.locator('#token-claims').textContent()),
      };
    },
    async screenshot({ path, scheme, width }) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 1000 });
      await page.screenshot({ path, fullPage: true });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      return { overflow };
    },
    // Every control has a name, and the outline of headings has no gap.
    async outline() {
      return page.evaluate(() => ({
        lang: document.documentElement.lang,
        unnamed: [...document.querySelectorAll('button,input,textarea,[role=region]')]
          .filter((part) => {
            const label = part.labels?.[0]?.textContent ?? '';
            const id = part.getAttribute('aria-labelledby') ?? '';
            return !(
              label +
              (document.getElementById(id)?.textContent ?? '') +
              part.textContent
            ).trim();
          })
          .map((part) => part.outerHTML),
        headings: [...document.querySelectorAll('h1,h2,h3')].map((one) => Number(one.tagName[1])),
      }));
    },
    async lost() {
      await page.locator('#live.off').waitFor();
      return { live: await page.locator('#live').textContent() };
    },
  };

  for (let command = await next(); command.step !== 'end'; command = await next()) {
    tell(await steps[command.step](command));
  }
  tell({ complaints, foreign });
} finally {
  await browser.close();
}
