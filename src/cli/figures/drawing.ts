import type { FeatureReport } from '../../analysis/featureReport/report';
import { badFile, SAEError } from '../../errors';
import { saveAt } from '../../io/files/saveFile';
import { denseWarning } from '../../viz/tooDense';
import { type ReportNeeds, type ReportSource, reportOf } from '../data/report';
import { untilInterrupted } from '../interruption';
import { assertFreeFile } from '../model/place';
import { printable } from '../printable';
import type { Shown } from '../progressParts';

/** What to draw, and where to write it. */
export interface Drawing {
  readonly source: ReportSource;
  readonly needs: ReportNeeds;
  readonly out: string;
  readonly overwrite: boolean;
  /** Returns the file's content, and a description of it. */
  draw(report: FeatureReport): Promise<{ content: Uint8Array | string; told: string }>;
}

/**
 * Draws a report into a file, which is written completely or not at all, and describes the result.
 *
 * @param folders the folders to look for packages from, nearest first
 * @throws SAEError if something is missing or wrong; Interruption after Ctrl-C.
 */
export async function runDrawing(drawing: Drawing, folders: readonly string[]): Promise<void> {
  const { source, needs, out, overwrite, draw } = drawing;
  await assertFreeFile(out, overwrite, '--out');
  const shown: Shown = {};
  const announce = () => {
    shown.progress?.stop();
    process.stderr.write('Stopping; nothing is written. Ctrl-C again quits at once.\n');
  };
  await untilInterrupted(announce, async (signal) => {
    const report = await reportOf(source, needs, folders, signal, shown);
    const { content, told } = await draw(report).catch((error) => {
      if (error instanceof SAEError || !('report' in source)) throw error;
      const advice = 'Write it again by gated-sae dashboard.';
      throw badFile(source.report, 'a feature report', 'one that is damaged', advice, error);
    });
    // Lets a signal take effect that arrived during drawing.
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    await saveAt(out, [typeof content === 'string' ? Buffer.from(content) : content]);
    const lines = [`${printable(out)}: ${told}`, ...denseWarning(report)];
    process.stdout.write(`${lines.join('\n')}\n`);
  });
}
