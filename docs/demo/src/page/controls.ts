import { PIXELS } from '../images';
import type {
  Environment,
  ModelSummary,
  Pictures,
  Report,
  SaveFormat,
  Settings,
  Studio,
  Survey,
  TrainingEnd,
} from '../protocol';
import { Charts } from './charts/charts';
import { element } from './elements';
import { Explorer } from './explorer/explorer';
import { FeatureSheet } from './featureSheet';
import { Files } from './files';
import { Galleries } from './gallery';
import { complain, say, withdrawComplaint } from './notices';
import { duration } from './numbers';
import { Progress } from './progress';
import { type Phase, RunButtons } from './runButtons';
import { SettingsForm } from './settings';
import { Which } from './which';

/** Buttons to worker, worker's reports to pictures. */
export class Controls {
  private readonly charts = new Charts();
  private readonly progress = new Progress();
  private readonly settings: SettingsForm;
  private readonly runButtons: RunButtons;
  private readonly files: Files;
  private readonly galleries: Galleries;
  private readonly which: Which;
  private readonly explorer: Explorer;
  private readonly sheet: FeatureSheet;
  private models: readonly ModelSummary[] = [];
  private chosen = 0;
  /** The last one of each dictionary. */
  private surveys: Survey[] = [];

  constructor(
    private readonly studio: Studio,
    environment: Environment,
  ) {
    this.settings = new SettingsForm({
      train: (settings) => void this.train(settings),
      sparsity: (value) => this.attempt(() => studio.setSparsity(value)),
    });
    this.files = new Files({
      save: (format) => this.attempt(() => this.save(format)),
      open: (files) => this.attempt(() => this.open(files)),
    });
    this.sheet = new FeatureSheet(environment.pictures, {
      add: (feature) => this.explorer.addUsual(feature),
      look: (image) => this.explorer.lookAt(image),
    });
    const openFeature = (feature: number) =>
      this.attempt(async () => this.sheet.show(await studio.feature(feature)));
    this.galleries = new Galleries((dictionary, feature) => {
      if (dictionary !== this.chosen) this.choose(dictionary);
      openFeature(feature);
    });
    this.which = new Which((dictionary) => this.choose(dictionary));
    this.explorer = new Explorer(studio, environment.pictures, {
      open: openFeature,
      failed: complain,
    });
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
      this.takeModels(report.models);
      this.progress.start(report.steps, report.stepsPerEpoch);
    } else if (report.report === 'opened') {
      this.takeModels(report.models);
      this.progress.clear();
      this.settings.offerToGoOn(true);
    } else if (report.report === 'pictures') {
      this.explorer.take(report.pictures);
      this.sheet.take(report.pictures);
      element('data-name', HTMLElement).textContent = told(report.pictures);
    } else if (report.report === 'steps') {
      this.charts.addSteps(report.rows);
      this.progress.show(report.rows.filter(({ dictionary }) => dictionary === 0));
    } else {
      this.takeSurvey(report.survey);
    }
  }

  private takeSurvey(survey: Survey): void {
    const { dictionary } = survey;
    this.surveys[dictionary] = survey;
    this.charts.addSurvey(survey);
    this.galleries.show(dictionary, survey.gallery);
    if (dictionary === this.chosen) this.explorer.modelChanged(survey);
    else this.explorer.rivalChanged();
  }

  /** Of two dictionaries: that which takes pictures apart, and is saved. */
  private choose(dictionary: number): void {
    this.chosen = dictionary;
    this.which.show(dictionary);
    this.attempt(() => this.studio.choose(dictionary));
    this.showModel();
    this.explorer.modelReplaced();
    const survey = this.surveys[dictionary];
    if (survey) this.explorer.modelChanged(survey);
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
    if (this.models.length > 0) this.settings.offerToGoOn(settings.goOn);
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
      say(
        model
          ? `Opened a dictionary of ${model.features.toLocaleString('en')} features.`
          : 'Opened your pictures.',
      );
    } catch (error) {
      if (before === 'idle') say('It could not be opened.');
      throw error;
    } finally {
      if (this.phase === 'opening') this.phase = 'idle';
    }
  }

  private takeModels(models: readonly ModelSummary[]): void {
    this.models = models;
    this.chosen = 0;
    this.surveys = [];
    document.body.dataset['model'] = 'some';
    const names = models.map(({ className }, i) =>
      models.findIndex((other) => other.className === className) < i ? `${className} 2` : className,
    );
    const shown = models.length > 1 ? names : [''];
    this.charts.begin(shown);
    this.galleries.begin(shown);
    this.which.begin(names);
    this.showModel();
    this.explorer.modelReplaced();
    this.showPhase();
  }

  private showModel(): void {
    const model = this.models[this.chosen];
    if (model === undefined) return;
    const { name, className, features } = model;
    const short = name.length > 60 ? `${name.slice(0, 60)}…` : name;
    const text = `${className} “${short}”: ${features.toLocaleString('en')} features.`;
    element('model-name', HTMLElement).textContent = text;
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
    this.files.canSave = this.models.length > 0;
    this.files.canOpen = this.phase === 'idle';
    this.runButtons.show(this.phase);
  }
}

function told({ training, heldOut }: Pictures): string {
  const kept = heldOut.length / PIXELS;
  return `Your own pictures: ${training.toLocaleString('en')} to train on, ${kept.toLocaleString('en')} that training never sees.`;
}

function endOf({ finished, steps, seconds, threads }: TrainingEnd): string {
  const what = finished ? 'Trained' : 'Stopped after';
  const by = threads === 1 ? 'one thread' : `${threads} threads`;
  return `${what} ${steps.toLocaleString('en')} step${steps === 1 ? '' : 's'} in ${duration(seconds)}, on ${by}.`;
}
