import { missing } from '../../errors';

/** What speaks to the hub's API, when it is first needed: pages that do not use the hub load none of it. */
export const loadHub = (): Promise<typeof import('./api')> =>
  import('./api').catch((error: unknown) => {
    const gone = missing('the hub', 'the package @huggingface/hub', 'Install it: npm install.');
    gone.cause = error;
    throw gone;
  });

/** The catalogue, when it is first asked. */
export const loadCatalogue = (): Promise<typeof import('./catalogue/packed.generated')> =>
  import('./catalogue/packed.generated');
