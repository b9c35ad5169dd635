import { missing } from '../../errors';

/** What speaks to the hub's API, when it is first needed: pages that do not use the hub load none of it. */
export const loadHub = (): Promise<typeof import('@huggingface/hub')> =>
  import('@huggingface/hub').catch((error: unknown) => {
    const gone = missing(
      'the hub',
      'the package @huggingface/hub',
      'Install it: it is a dependency.',
    );
    gone.cause = error;
    throw gone;
  });
