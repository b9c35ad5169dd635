import { missing } from '../../errors';

/**
 * Loads the code for the hub's API when it is first needed, so that pages that do not use the hub
 * load none of it.
 */
export const loadHub = (): Promise<typeof import('./api')> =>
  import('./api').catch((error: unknown) => {
    const gone = missing('the hub', 'the package @huggingface/hub', 'Install it: npm install.');
    gone.cause = error;
    throw gone;
  });

/** Loads the catalogue when it is first needed. */
export const loadCatalogue = (): Promise<typeof import('./catalogue/packed.generated')> =>
  import('./catalogue/packed.generated');
