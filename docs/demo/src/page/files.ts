import type { SavedFile, SaveFormat } from '../protocol';
import { button, element } from './elements';

const SAVE_BUTTONS: Readonly<Record<string, SaveFormat>> = {
  'save-keras': 'keras',
  'save-tfjs': 'tfjs',
  'save-dashboard': 'dashboard',
};
/** Milliseconds after which a download has surely begun. */
const BEGUN = 60_000;

/** Saving, and opening by button or by dropping. */
export class Files {
  private readonly input = element('files', HTMLInputElement);
  private readonly veil = element('drop', HTMLElement);

  constructor(listeners: { save(format: SaveFormat): void; open(files: File[]): void }) {
    for (const [id, format] of Object.entries(SAVE_BUTTONS)) {
      button(id).addEventListener('click', () => listeners.save(format));
    }
    button('open').addEventListener('click', () => this.input.click());
    this.input.addEventListener('change', () => {
      const files = [...(this.input.files ?? [])];
      this.input.value = ''; // so that the same file can be chosen again
      if (files.length > 0) listeners.open(files);
    });
    document.addEventListener('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      this.veil.hidden = false;
    });
    document.addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) this.veil.hidden = true;
    });
    document.addEventListener('drop', (event) => {
      this.veil.hidden = true;
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      listeners.open(files);
    });
  }

  set canSave(can: boolean) {
    for (const id of Object.keys(SAVE_BUTTONS)) button(id).disabled = !can;
  }

  set canOpen(can: boolean) {
    button('open').disabled = !can;
  }

  /** Hands files over as downloads. */
  async download(files: readonly SavedFile[]): Promise<void> {
    for (const { name, type, bytes } of files) {
      const url = URL.createObjectURL(new Blob([bytes], { type }));
      const link = document.createElement('a');
      link.href = url;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), BEGUN);
      // Some browsers take the last of several at once only.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
