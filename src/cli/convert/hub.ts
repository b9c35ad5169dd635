import { badFile, HubStatus, missing, type SAEError } from '../../errors';
import { parseAddress } from '../../io/hub/address';
import { hubSettings } from '../../io/hub/settings';
import { printable } from '../printable';

/** Makes the repository of OUT where it is missing, for all to read or not. */
export type CreateRepo = 'public' | 'private';

/** What the hub puts into a repository that is new. */
const ITS_OWN = '.gitattributes';

/**
 * Refuses a place on the hub where nothing can be written, or something is that must not be replaced: before
 * anything is read.
 *
 * @param address of OUT
 * @throws SAE_MISSING where there is no token; SAE_OPTION for no address; SAE_FILE where the hub refuses it, or
 * something is there.
 */
export async function assertFreeOnHub(
  address: string,
  overwrite: boolean,
  createRepo: CreateRepo | undefined,
): Promise<void> {
  const settings = hubSettings('OUT', {});
  const place = parseAddress('OUT', address);
  if (settings.token === undefined) {
    const advice = 'Set HF_TOKEN to one that is made for writing.';
    throw missing(printable(address), 'a token that may write there', advice);
  }
  const { folderAt } = await import('../../io/hub/hubFolder');
  const folder = folderAt(place, settings);
  const files = await folder.files().catch((error: SAEError): readonly string[] => {
    const code = error.cause instanceof HubStatus ? error.cause.code : undefined;
    if (code === 'EntryNotFound' || (code === 'RepoNotFound' && createRepo)) return [];
    if (code !== 'RepoNotFound') throw error;
    const advice = 'Check its name, or have it made by --create-repo.';
    throw badFile(folder.name, 'a repository that may be written', 'none', advice, error);
  });
  if (overwrite || files.every((file) => file === ITS_OWN)) return;
  const advice = 'Choose another OUT, or replace what has the same names by --overwrite.';
  throw badFile(folder.name, 'a place without files', `${files.length} of them`, advice);
}
