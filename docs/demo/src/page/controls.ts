import type {
  Environment,
  ModelSummary,
  Report,
  SaveFormat,
  Settings,
  Studio,
  TrainingEnd,
} from '../protocol';
import { Charts } from './charts/charts';
import { element } from './elements';
import { Explorer } from './explorer/explorer';
import { FeatureSheet } from './featureSheet';
import { Files } from './files';
import { Gallery } from './gallery';
import { complain, say, withdrawComplaint } from './notices';
import { duration } from './numbers';
import { Progress } from './progress';
import { type Phase, RunButtons } from './runButtons';
import { SettingsForm } from './settings';

/** Buttons to worker, worker's reports to pictures. */
export class Controls {
  private readonly charts = new Charts();
  private readonly progress = new Progress();
  private readonly settings: SettingsForm;
  private readonly runButtons: RunButtons;
  private readonly files: Files;
  private readonly gallery: Gallery;
  private readonly explorer: Explorer;
  private model: ModelSummary | undefined;

  constructor(
    private readonly studio: Studio,
    environment: Environment,
  ) {
    this.settings = new SettingsForm({
      train: (settings) => void this.train(settings),
      lambda: (value) => this.attempt(() => studio.setLambda(value)),
    });
    this.files = new Files({
      save: (format) => this.attempt(() => this.save(format)),
      open: (files) => this.attempt(() => this.open(files)),
    });
    const sheet = new FeatureSheet(environment, {
      add: (feature) => this.explorer.addUsual(feature),
      look: (image) => this.explorer.lookAt(image),
    });
    const openFeature = (feature: number) =>
      this.attempt(async () => sheet.show(await studio.feature(feature)));
    this.gallery = new Gallery(openFeature);
    this.explorer = new Explorer(studio, environment, { open: openFeature, failed: complain });
    this.settings.offer(environment.architectures);
    this.runButtons = new RunButtons({
      pauseOrResume: () => this.attempt(() => this.pauseOrResume()),
      stop: () => this.attempt(() => studio.stop()),
    });
    this.phase = 'idle';
  }

  /** What the worker tells. */
  hear(report: Report): void {
    if (report.report === 'started') {
      this.charts.clear();
      this.takeModel(report.model);
      this.explorer.modelReplaced();
      this.progress.start(report.steps, report.stepsPerEpoch);
    } else if (report.report === 'steps') {
      this.charts.history.addSteps(report.rows);
      this.progress.show(report.rows);
      this.charts.drawSoon();
    } else {
      this.charts.history.addSurvey(report.survey);
      this.gallery.show(report.survey.gallery);
      this.charts.drawSoon();
      this.explorer.modelChanged(report.survey);
    }
  }

  private async train(settings: Settings): Promise<void> {
    this.phase = 'training';
    say('Training.');
    withdrawComplaint();
    this.settings.makeRoom();
    try {
      say(endOf(await this.studio.train(settings)));
    } catch (error) {
      say('Training has ended with an error.');
      complain(error);
    }
    this.progress.end();
    this.phase = 'idle';
  }

  private async pauseOrResume(): Promise<void> {
    if (this.phase === 'paused') {
      this.phase = 'training';
      await this.studio.resume();
      say('Training goes on.');
    } else {
      await this.studio.pause();
      if (this.phase !== 'training') return; // it has ended meanwhile
      this.phase = 'paused';
      say('Paused.');
    }
  }

  private async save(format: SaveFormat): Promise<void> {
    say('Saving…');
    const files = await this.studio.save(format);
    await this.files.download(files);
    say(`Saved ${files.map(({ name }) => name).join(' and ')}.`);
  }

  private async open(files: File[]): Promise<void> {
    if (this.phase === 'opening') return;
    const before = this.phase;
    // During training the worker refuses, and says why.
    if (before === 'idle') {
      this.phase = 'opening';
      say('Opening…');
    }
    withdrawComplaint();
    try {
      const model = await this.studio.open(files);
      this.charts.clear();
      this.progress.clear();
      this.takeModel(model);
      this.explorer.modelReplaced();
      say(`Opened a dictionary of ${model.features.toLocaleString('en')} features.`);
    } catch (error) {
      if (before === 'idle') say('It could not be opened.');
      throw error;
    } finally {
      if (this.phase === 'opening') this.phase = 'idle';
    }
  }

  private takeModel(model: ModelSummary): void {
    this.model = model;
    document.body.dataset['model'] = 'some';
    const { name, className, features } = model;
    const short = name.length > 60 ? `${name.slice(0, 60)}…` : name;
    const text = `${className} “${short}”: ${features.toLocaleString('en')} features.`;
    element('model-name', HTMLElement).textContent = text;
    this.showPhase();
  }

  private attempt(act: () => Promise<void>): void {
    act().catch(complain);
  }

  private get phase(): Phase {
    return document.body.dataset['phase'] as Phase;
  }

  private set phase(phase: Phase) {
    document.body.dataset['phase'] = phase;
    this.showPhase();
  }

  private showPhase(): void {
    this.settings.open = this.phase === 'idle';
    this.files.canSave = this.model !== undefined;
    this.files.canOpen = this.phase === 'idle';
    this.runButtons.show(this.phase);
  }
}

function endOf({ finished, steps, seconds, threads }: TrainingEnd): string {
  const what = finished ? 'Trained' : 'Stopped after';
  const by = threads === 1 ? 'one thread' : `${threads} threads`;
  return `${what} ${steps.toLocaleString('en')} step${steps === 1 ? '' : 's'} in ${duration(seconds)}, on ${by}.`;
}
