import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Report, StepRow, Survey } from '../../docs/demo/src/protocol';

const require = createRequire(import.meta.url);

/** A file as Playwright takes it. */
export type SavedFile = { name: string; mimeType: string; buffer: Buffer };

type Reported = { reports: Report[] };

/** A page, with all that its worker reports and all that the page complains of. */
export class Demo {
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
  ) {
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
  }

  static async open(
    browser: Browser,
    url: string,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<Demo> {
    const context = await browser.newContext({ colorScheme, reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.addInitScript('globalThis.__name = (f) => f');
    await page.addInitScript(noteReports);
    const demo = new Demo(page, context);
    await page.goto(url);
    await demo.phase('idle');
    return demo;
  }

  /** Opens files as somebody does who presses the button. */
  async choose(files: SavedFile[]): Promise<void> {
    assert.ok(files.length > 0, 'nothing has been saved to open');
    await this.page.setInputFiles('#files', files);
    await this.says('status', /Opened a dictionary of 256 features/);
  }

  /** Asserts that nothing has been complained of, and closes the page. */
  async close(): Promise<void> {
    assert.deepEqual(this.complaints, []);
    await this.context.close();
  }

  async phase(phase: string, timeout = 60_000): Promise<void> {
    await this.page.locator(`body[data-phase="${phase}"]`).waitFor({ timeout });
  }

  async train(settings: {
    features: string;
    epochs: string;
    architecture?: string;
    rival?: string;
    sparsity?: 'l0' | 'lambda';
  }) {
    const { page } = this;
    await page.selectOption('[name=architecture]', settings.architecture ?? 'gated');
    await page.selectOption('[name=rival]', settings.rival ?? '');
    await page.selectOption('[name=sparsity]', settings.sparsity ?? 'lambda');
    await page.selectOption('[name=features]', settings.features);
    await page.fill('[name=epochs]', settings.epochs);
    await page.click('#train');
  }

  /** Every step that the worker has reported. */
  steps(): Promise<StepRow[]> {
    return this.page.evaluate(() =>
      (globalThis as unknown as Reported).reports.flatMap((report) =>
        report.report === 'steps' ? report.rows : [],
      ),
    );
  }

  /** Every survey of a dictionary that the worker has reported. */
  surveys(dictionary: number): Promise<Pick<Survey, 'step' | 'l0' | 'explained'>[]> {
    return this.page.evaluate(
      (number) =>
        (globalThis as unknown as Reported).reports
          .flatMap((report) => (report.report === 'survey' ? [report.survey] : []))
          .filter((survey) => survey.dictionary === number)
          .map(({ step, l0, explained }) => ({ step, l0, explained })),
      dictionary,
    );
  }

  /** Waits until the steps are as they should be. */
  async until(isSo: (rows: StepRow[]) => boolean, seconds = 60): Promise<StepRow[]> {
    for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) {
      const rows = await this.steps();
      if (isSo(rows)) return rows;
      await this.page.waitForTimeout(50);
    }
    throw new Error(`after ${seconds} s it is not so`);
  }

  /** Waits until a text is on the page. */
  async says(id: string, text: RegExp, seconds = 30): Promise<string> {
    const place = this.page.locator(`#${id}`).filter({ hasText: text });
    await place.waitFor({ state: 'attached', timeout: 1000 * seconds }).catch(async (error) => {
      const said = await this.page.locator('#status, #alert-text').allTextContents();
      throw new Error(`${error.message}; it says ${said.join(' | ')}`);
    });
    return (await place.textContent()) as string;
  }

  async lambda(value: string): Promise<void> {
    await this.page.fill('#lambda', value);
  }

  async downloads(id: string, count: number): Promise<SavedFile[]> {
    const files: SavedFile[] = [];
    const all = new Promise<void>((resolve) => {
      this.page.on('download', async (download) => {
        const buffer = await readFile(await download.path());
        files.push({ name: download.suggestedFilename(), mimeType: '', buffer });
        if (files.length === count) resolve();
      });
    });
    await this.page.click(`#${id}`);
    await all;
    this.page.removeAllListeners('download');
    return files;
  }

  /** Drops files on the page, as from a folder. */
  async drop(files: readonly SavedFile[]): Promise<void> {
    const contents = files.map(({ name, buffer }) => ({ name, base64: buffer.toString('base64') }));
    await this.page.evaluate((dropped) => {
      const dataTransfer = new DataTransfer();
      for (const { name, base64 } of dropped) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        dataTransfer.items.add(new File([bytes], name));
      }
      for (const type of ['dragover', 'drop']) {
        const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
        document.body.dispatchEvent(event);
      }
    }, contents);
  }

  /** What is to be seen of the picture that is chosen. */
  async look(): Promise<Seen> {
    await this.settled();
    return this.page.evaluate(() => ({
      features: [...document.querySelectorAll<HTMLElement>('.feature')].map((card) => ({
        feature: card.dataset['feature'] as string,
        strength: card.querySelector('.strength')?.textContent as string,
      })),
      rebuilt: (document.querySelector('#rebuilt') as HTMLCanvasElement).toDataURL(),
      caption: document.querySelector('#rebuilt-caption')?.textContent as string,
    }));
  }

  /** Waits until the pictures stand still. */
  async settled(): Promise<void> {
    const state = () =>
      this.page.evaluate(
        () =>
          `${document.querySelector('#features')?.textContent} ${(document.querySelector('#rebuilt') as HTMLCanvasElement).toDataURL()}`,
      );
    let before: string | undefined;
    for (let now = await state(); now !== before; now = await state()) {
      before = now;
      await this.page.waitForTimeout(200);
    }
  }
}

/** What the page shows of the picture that is chosen. */
export interface Seen {
  features: { feature: string; strength: string }[];
  rebuilt: string;
  caption: string;
}

/** Runs in the page before its own scripts: keeps what its worker reports. */
function noteReports() {
  const reports: Report[] = [];
  const workers: Worker[] = [];
  Object.assign(globalThis, { reports, workers });
  globalThis.Worker = class extends Worker {
    constructor(address: string | URL, options?: WorkerOptions) {
      super(address, options);
      workers.push(this);
      this.addEventListener('message', ({ data }) => {
        if ('report' in data) reports.push(data);
      });
    }
  };
}

/** Everything that axe-core finds. */
export const violations = async (page: Page) => (await found(page)).map(({ text }) => text);

/** What axe-core finds that keeps people out. */
export const serious = async (page: Page) =>
  (await found(page))
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ text }) => text);

async function found(page: Page): Promise<{ impact: string; text: string }[]> {
  await page.evaluate(await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate(async () => {
    type Found = { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
    const { run } = (globalThis as unknown as { axe: { run(): Promise<Found> } }).axe;
    return (await run()).violations.map(({ id, impact, nodes }) => ({
      impact,
      text: `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
    }));
  });
}
