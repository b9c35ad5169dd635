import { button, element } from './elements';

const status = element('status', HTMLElement);
const alert = element('alert', HTMLElement);
const alertText = element('alert-text', HTMLElement);

button('alert-close').addEventListener('click', () => {
  alert.hidden = true;
});

/** Says what has happened: read out, so only what somebody waits for. */
export function say(text: string): void {
  status.textContent = text;
}

/** Says what went wrong, until somebody has read it. */
export function complain(error: unknown): void {
  alertText.textContent = error instanceof Error ? error.message : String(error);
  alert.hidden = false;
}

export function withdrawComplaint(): void {
  alert.hidden = true;
}
