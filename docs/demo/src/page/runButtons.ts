import { button } from './elements';

/** What the page is doing; it stands in the page, for whoever tests it. */
export type Phase = 'idle' | 'opening' | 'training' | 'paused';

/** Train, or pause and stop: those that make sense now. */
export class RunButtons {
  private readonly train = button('train');
  private readonly pause = button('pause');
  private readonly stop = button('stop');

  constructor(listeners: { pauseOrResume(): void; stop(): void }) {
    this.pause.addEventListener('click', () => listeners.pauseOrResume());
    this.stop.addEventListener('click', () => listeners.stop());
  }

  show(phase: Phase): void {
    const { train, pause, stop } = this;
    const training = phase === 'training' || phase === 'paused';
    const focused = [train, pause, stop].find((one) => one === document.activeElement);
    train.disabled = phase !== 'idle';
    train.hidden = training;
    pause.hidden = !training;
    stop.hidden = !training;
    pause.textContent = phase === 'paused' ? 'Resume' : 'Pause';
    // A button that goes takes the keyboard's focus along.
    if (focused?.hidden) (training ? pause : train).focus();
  }
}
