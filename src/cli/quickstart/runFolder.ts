import * as training from '../training/runFolder';
import { checkSettings, type Settings } from './settings';

/** A run of the quickstart, at the point where it was saved. */
export type SavedRun = training.SavedRun<Settings>;

/** The folder of a run of the quickstart. */
export class RunFolder extends training.RunFolder<Settings> {
  constructor(path: string) {
    super(path, checkSettings);
  }
}
